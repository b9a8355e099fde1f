// Three kinds of models, as cards of which one is chosen.

import type { ComponentChildren } from "preact";
import type { ModelSource } from "../../protocol/model.ts";
import { useStudio } from "../page/use-studio.ts";
import { FileButtons } from "./file-buttons.tsx";

export function ModelChoice() {
  const { model, text } = useStudio();
  const words = text.value.model;
  const shown = model.wanted.value ?? model.source.value?.kind ?? "tiny";
  const isBusy = model.busy.value !== undefined;
  const option = (kind: ModelSource["kind"], name: string, says: string, children?: ComponentChildren) => (
    <div class={`model-option ${shown === kind ? "is-chosen" : ""}`}>
      <label>
        <input
          type="radio"
          name="model"
          checked={shown === kind}
          disabled={isBusy}
          onChange={() => {
            if (kind === "files") model.wantFiles();
            else void model.choose({ kind });
          }}
        />
        <strong>{name}</strong>
        <span class="quiet">{says}</span>
      </label>
      {children}
    </div>
  );
  const isOwn = model.source.value?.kind === "files";
  return (
    <fieldset class="model-options">
      <legend class="unseen">{words.models}</legend>
      {option("tiny", words.tiny, words.tinySays)}
      {option("smollm2", words.smollm2, words.smollm2Says)}
      {option(
        "files",
        isOwn ? (model.facts.value?.name ?? words.own) : words.own,
        words.ownSays,
        shown === "files" ? <FileButtons /> : undefined,
      )}
    </fieldset>
  );
}
