// Where the run is, in a sentence.

import type { Studio } from "../../state/studio.ts";

export function runState({ run, rows, model, settings, timing, text }: Studio): string {
  const { train } = text.value;
  const { value: last } = run.last;
  switch (run.phase.value) {
    case "preparing":
      return train.preparing;
    case "pausing":
      return train.pausing;
    case "paused":
      return train.paused;
    case "stopping":
      return train.stopping;
    case "training":
      return last ? `${train.progress(last.step, last.steps)} · ${train.left(last.secondsLeft)}` : "";
    case "idle":
  }
  const { value: result } = run.result;
  if (result?.reason === "finished") return train.finished(result.steps);
  if (result?.reason === "stopped") return train.stopped(result.steps);
  if (!model.isReady.value) return train.needsModel;
  const { length } = rows.teachable.value;
  if (length === 0) return train.needsRows;
  const { steps } = settings.training.value;
  const { value: seconds } = timing.stepSeconds;
  const ready = train.ready(length, steps);
  return seconds === undefined ? ready : `${ready}, ${train.readyIn(seconds * steps)}`;
}
