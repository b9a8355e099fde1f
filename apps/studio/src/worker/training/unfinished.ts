// Runs that a reload, a crash or a divergence ended.

import type { CallHandler } from "../call-handler.ts";
import { lockedRuns } from "./run-lock.ts";
import { lastSaved, readSavedRuns, removeRun } from "./saved-run.ts";

export const unfinished: CallHandler<"unfinished"> = async ({ store }) => {
  const elsewhere = await lockedRuns();
  const newest = (await readSavedRuns(store)).find(({ run }) => !elsewhere.has(run));
  const last = newest && lastSaved(newest);
  if (newest === undefined || last === undefined) return undefined;
  const { run, request, model, progress } = newest;
  return {
    run,
    progress,
    name: request.name,
    watched: request.watched,
    model: model.name,
    source: model.source,
    step: last.step,
    steps: request.training.steps,
  };
};

export const forget: CallHandler<"forget"> = async ({ store }, { run }) => {
  await removeRun(store, run);
  return undefined;
};

export const pause: CallHandler<"pause"> = async ({ run }) => {
  run?.pause();
  return undefined;
};
export const continueRun: CallHandler<"continue"> = async ({ run }) => {
  run?.continue();
  return undefined;
};
export const stop: CallHandler<"stop"> = async ({ run }) => {
  run?.stop();
  return undefined;
};

export const rated: CallHandler<"rated"> = async ({ rewards }, ratings) => {
  rewards?.take(ratings);
  return undefined;
};
