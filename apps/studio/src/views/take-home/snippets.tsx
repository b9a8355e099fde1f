// Programs that use the downloaded adapter, one language at a time.

import { type Signal, useSignal } from "@preact/signals";
import type { ShelfEntry } from "../../protocol/shelf.ts";
import { folderName, type SnippetLanguage, snippetsFor } from "../../snippets/snippets.ts";
import type { TakeHomeForm } from "../../state/take-home.ts";
import { Choice } from "../page/choice.tsx";
import { useStudio } from "../page/use-studio.ts";

interface SnippetsProps {
  readonly entry: ShelfEntry;
  readonly form: Signal<TakeHomeForm>;
}

export function Snippets({ entry, form }: SnippetsProps) {
  const studio = useStudio();
  const words = studio.text.value.takeHome;
  const language = useSignal<SnippetLanguage>("python");
  const folder = `${folderName(entry.name)}${form.value === "merged" ? "-merged" : ""}`;
  const snippets = snippetsFor(form.value, { ...entry, folder, studio: new URL("./", document.baseURI) });
  const shown = snippets.find((snippet) => snippet.language === language.value) ?? snippets[0];
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(shown?.text ?? "");
      studio.announce(words.copied);
    } catch {
      studio.announce(words.notCopied);
    }
  };
  return (
    <section class="snippets">
      <h3>{words.useIt}</h3>
      <div class="row">
        <Choice
          label={<span class="unseen">{words.useIt}</span>}
          value={form.value}
          options={(["peft", "gguf", "merged"] as const).map((each) => [each, words[each]])}
          onChange={(chosen) => {
            form.value = chosen;
          }}
        />
        <Choice
          label={<span class="unseen">{words.language}</span>}
          value={shown?.language}
          options={snippets.map(({ language: each }) => [each, words.languages[each]])}
          onChange={(chosen) => {
            language.value = chosen;
          }}
        />
        <button type="button" class="plain" onClick={() => void copy()}>
          {words.copy}
        </button>
      </div>
      {/* Long lines scroll, which a keyboard has to reach. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
      <section class="program" tabIndex={0} aria-label={words.useIt}>
        <pre>
          <code>{shown?.text}</code>
        </pre>
      </section>
    </section>
  );
}
