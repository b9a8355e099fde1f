// Pause, continue, stop: without a run that is going on they do nothing, for it may have ended while they came.

import type { Answerer } from "../answerer.ts";

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
