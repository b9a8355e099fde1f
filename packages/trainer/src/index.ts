// The training loop. Checkpoints on disk are in "@lowrank/trainer/node".

export { AdamW, type AdamWUpdate, type Moments } from "./adamw.ts";
export type { AdamWOptions } from "./adamw-range.ts";
export type { BatchSource, DataPosition } from "./batch-stream.ts";
export { clipFactor, type Gradients, globalNorm, scaleGradients } from "./clip-gradients.ts";
export {
  CheckpointError,
  MissingMetricError,
  NoGradientError,
  NonFiniteLossError,
  ResumeMismatchError,
  TrainingOptionsError,
} from "./errors.ts";
export { type LearningRateGroup, learningRateFactor, loraPlus } from "./learning-rate-groups.ts";
export type { Schedule, ScheduleMoment } from "./schedules/schedule.ts";
export { learningRateShare, type ScheduleName, schedules } from "./schedules/schedules.ts";
export { parseState, type StateFiles, serializeState, stateFileNames } from "./state-files.ts";
export { train } from "./train.ts";
export type { BatchSize, CheckpointOptions, EvaluationOptions, Metrics, TrainOptions } from "./train-options.ts";
export type {
  BestEvaluation,
  CheckpointEvent,
  EndEvent,
  EvaluationEvent,
  StartEvent,
  StepEvent,
  TrainingEvent,
} from "./training-event.ts";
export type { TrainingSettings } from "./training-settings.ts";
export type { NamedValues, TrainingState } from "./training-state.ts";
