// Runs that a reload, a crash or a divergence ended.

import type { Answerer } from "../answerer.ts";
import { lockedRuns } from "./run-control.ts";
import { lastSaved, readSavedRuns, removeRun } from "./saved-run.ts";

export const unfinished: Answerer<"unfinished"> = async ({ store }) => {
  const elsewhere = await lockedRuns();
  const newest = (await readSavedRuns(store)).find(({ run }) => !elsewhere.has(run));
  const last = newest && lastSaved(newest);
  if (newest === undefined || last === undefined) return undefined;
  const { run, request, model, news } = newest;
  return {
    run,
    news,
    name: request.name,
    watched: request.watched,
    model: model.name,
    source: model.source,
    step: last.step,
    steps: request.training.steps,
  };
};

export const forget: Answerer<"forget"> = async ({ store }, { run }) => {
  await removeRun(store, run);
  return undefined;
};

export const pause: Answerer<"pause"> = async ({ run }) => {
  run?.pause();
  return undefined;
};
export const goOn: Answerer<"continue"> = async ({ run }) => {
  run?.continue();
  return undefined;
};
export const stop: Answerer<"stop"> = async ({ run }) => {
  run?.stop();
  return undefined;
};

export const rated: Answerer<"rated"> = async ({ rewards }, ratings) => {
  rewards?.take(ratings);
  return undefined;
};
