// The training loop. Checkpoints on disk are in "@lowrank/trainer/node".

export { NonFiniteLossError } from "./errors.ts";
export { loraPlus } from "./optimizer/learning-rate-groups.ts";
export { parseState, serializeState } from "./state/state-files.ts";
export type { TrainingState } from "./state/training-state.ts";
export { train } from "./train.ts";
export type { TrainOptions } from "./train-options.ts";
export type { EvaluationEvent, StepEvent, TrainingEvent } from "./training-event.ts";
