// The adapter as a zip or a GGUF file, the whole model as a zip, and how to use each elsewhere, which comes when there is something
// to take.

import "./take-home.css";
import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { ShelfEntry } from "../../protocol/shelf.ts";
import type { TakeHomeForm } from "../../state/take-home.ts";
import { megabytes } from "../../text/numbers.ts";
import { Card } from "../page/card.tsx";
import { Problem } from "../page/problem.tsx";
import { saveBlob, useStudio } from "../page/use-studio.ts";
import type { Snippets } from "./snippets.tsx";

export function TakeHome() {
  const { shelf, model, takeHome, text } = useStudio();
  const words = text.value.takeHome;
  const form = useSignal<TakeHomeForm>("peft");
  const { value: entry } = shelf.chosenEntry;
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
  if (entry === undefined) return null;
  const isOpen = facts !== undefined && entry.model === facts.name;
  const notes = {
    peft: words.peftNote(megabytes(entry.bytes)),
    gguf: words.ggufNote,
    merged: words.mergedNote(megabytes(4 * (facts?.parameters ?? 0))),
  };
  return (
    <Card id="take-home" title={words.title} lead={words.lead} place="wide">
      <div class="take-home">
        <div class="forms">
          {(["peft", "gguf", "merged"] as const).map((each) => (
            <Form
              key={each}
              form={each}
              entry={entry}
              note={each === "peft" || isOpen ? notes[each] : words.otherModel(entry.model)}
              isPossible={each === "peft" || isOpen}
              onTake={() => {
                form.value = each;
              }}
            />
          ))}
          <p role="status">{takeHome.made.value && words.made(takeHome.made.value)}</p>
        </div>
        {Programs && <Programs entry={entry} form={form} />}
      </div>
    </Card>
  );
}

interface FormProps {
  readonly entry: ShelfEntry;
  readonly form: TakeHomeForm;
  readonly note: string;
  readonly isPossible: boolean;
  readonly onTake: () => void;
}

function Form({ entry, form, note, isPossible, onTake }: FormProps) {
  const { takeHome, text } = useStudio();
  const words = text.value.takeHome;
  const isMaking = takeHome.making.value === form;
  const { value: progress } = takeHome.progress;
  const { value: failure } = takeHome.failure;
  const take = async () => {
    onTake();
    const file = await takeHome.make(entry.id, form);
    if (file !== undefined) saveBlob(file.blob, file.name);
  };
  return (
    <div class="form">
      <h3>{words[form]}</h3>
      <p class="quiet">{note}</p>
      <button
        type="button"
        class={form === "peft" ? "main" : ""}
        aria-label={`${form === "gguf" ? words.downloadFile : words.download}: ${words[form]}`}
        disabled={!isPossible || takeHome.making.value !== undefined}
        onClick={() => void take()}
      >
        {form === "gguf" ? words.downloadFile : words.download}
      </button>
      <div role="status">
        {isMaking && (
          <p class="quiet figure">
            {progress === undefined || progress.doneBytes === 0
              ? form === "merged"
                ? words.merging
                : words.making
              : words.progress(progress.doneBytes, progress.totalBytes)}
          </p>
        )}
      </div>
      <Problem>{failure?.form === form && (words.failures[failure.code ?? ""] ?? failure.message)}</Problem>
    </div>
  );
}
