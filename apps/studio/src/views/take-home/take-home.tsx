// The adapter as a zip or a GGUF file, the whole model as a zip, and how to use each elsewhere, which comes when there is something
// to take.

import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { TakeHomeForm } from "../../state/take-home.ts";
import { Card } from "../page/card.tsx";
import { useStudio } from "../page/use-studio.ts";
import { Form } from "./form.tsx";
import type { Snippets } from "./snippets.tsx";
import "./take-home.css";

export function TakeHome() {
  const { shelf, model, takeHome, text } = useStudio();
  const words = text.value.takeHome;
  const form = useSignal<TakeHomeForm>("peft");
  const { value: entry } = shelf.entry;
  const { value: facts } = model.facts;
  const [Programs, setPrograms] = useState<typeof Snippets>();
  const isThere = entry !== undefined;
  useEffect(() => {
    if (!isThere) return;
    const load = async () => {
      const loaded = await import("./snippets.tsx").catch(() => undefined);
      if (loaded !== undefined) setPrograms(() => loaded.Snippets);
    };
    void load();
  }, [isThere]);
  if (entry === undefined) {
    return (
      <Card id="take-home" title={words.title} lead={words.lead} place="wide">
        <p class="quiet">{words.nothing}</p>
      </Card>
    );
  }
  const isOpen = facts !== undefined && entry.model === facts.name;
  return (
    <Card id="take-home" title={words.title} lead={words.lead} place="wide">
      <div class="take-home">
        <div class="forms">
          <Form
            entry={entry}
            form="peft"
            title={words.peft}
            says={words.peftSays(words.size(entry.bytes))}
            onTake={() => {
              form.value = "peft";
            }}
          />
          <Form
            entry={entry}
            form="gguf"
            title={words.gguf}
            says={isOpen ? words.ggufSays : words.otherModel(entry.model)}
            isPossible={isOpen}
            onTake={() => {
              form.value = "gguf";
            }}
          />
          <Form
            entry={entry}
            form="merged"
            title={words.merged}
            says={isOpen ? words.mergedSays(words.size(4 * facts.parameters)) : words.otherModel(entry.model)}
            isPossible={isOpen}
            onTake={() => {
              form.value = "merged";
            }}
          />
          <p role="status">{takeHome.made.value && words.made(takeHome.made.value)}</p>
        </div>
        {Programs && <Programs entry={entry} form={form} />}
      </div>
    </Card>
  );
}
