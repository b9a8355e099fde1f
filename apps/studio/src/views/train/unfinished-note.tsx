// A run that a reload or a crash ended.

import { useStudio } from "../page/use-studio.ts";

export function UnfinishedNote() {
  const { run, model, text } = useStudio();
  const { train } = text.value;
  const { value: left } = run.unfinished;
  if (left === undefined || run.isBusy.value) return null;
  const isOpen = model.facts.value?.name === left.model;
  const { source } = left;
  return (
    <div class="note" role="status">
      <p>
        {train.unfinished(left.name, left.step, left.steps)} {!isOpen && train.otherModel(left.model)}
      </p>
      <div class="row">
        {isOpen ? (
          <button type="button" class="main" disabled={!model.isReady.value} onClick={() => void run.resume()}>
            {train.resume(left.step)}
          </button>
        ) : (
          source !== "files" && (
            <button type="button" class="main" onClick={() => void model.choose({ kind: source })}>
              {left.model}
            </button>
          )
        )}
        <button type="button" class="plain" onClick={() => void run.forget()}>
          {train.forget}
        </button>
      </div>
    </div>
  );
}
