// The adapter as a zip or a GGUF file, the whole model as a zip, and how to use each elsewhere, which comes when there is something
// to take.

import "./take-home.css";
import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { ShelfEntry } from "../../protocol/shelf.ts";
import type { TakeHomeForm } from "../../state/take-home.ts";
import { Card } from "../page/card.tsx";
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
  return (
    <Card id="take-home" title={words.title} lead={words.lead} place="wide">
      <div class="take-home">
        <div class="forms">
          <Form
            entry={entry}
            form="peft"
            title={words.peft}
            note={words.peftNote(words.size(entry.bytes))}
            onTake={() => {
              form.value = "peft";
            }}
          />
          <Form
            entry={entry}
            form="gguf"
            title={words.gguf}
            note={isOpen ? words.ggufNote : words.otherModel(entry.model)}
            isPossible={isOpen}
            onTake={() => {
              form.value = "gguf";
            }}
          />
          <Form
            entry={entry}
            form="merged"
            title={words.merged}
            note={isOpen ? words.mergedNote(words.size(4 * facts.parameters)) : words.otherModel(entry.model)}
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

interface FormProps {
  readonly entry: ShelfEntry;
  readonly form: TakeHomeForm;
  readonly title: string;
  readonly note: string;
  readonly isPossible?: boolean;
  readonly onTake: () => void;
}

function Form({ entry, form, title, note, isPossible = true, onTake }: FormProps) {
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
      <h3>{title}</h3>
      <p class="quiet">{note}</p>
      <button
        type="button"
        class={form === "peft" ? "main" : ""}
        aria-label={`${form === "gguf" ? words.downloadFile : words.download}: ${title}`}
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
      {failure?.form === form && (
        <p class="problem" role="alert">
          {words.failures[failure.code ?? ""] ?? failure.message}
        </p>
      )}
    </div>
  );
}
