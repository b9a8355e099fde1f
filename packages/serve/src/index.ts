export type { FineTuneEvent, FineTuneJob, FineTuneRun, FineTuner } from "./fine-tuning/fine-tuner.ts";
export { type RunningServer, serve } from "./serve.ts";
export type { ServedModel } from "./served-model.ts";
