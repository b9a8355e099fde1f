// The training loop. Checkpoints on disk are in "@lowrank/trainer/node".

export type { BatchSource, DataPosition } from "./batch-stream.ts";
export { NonFiniteLossError, ResumeMismatchError, TrainingOptionsError } from "./errors.ts";
export type { GradientReduction } from "./optimizer/gradient-reduction.ts";
export { type LearningRateGroup, loraPlus } from "./optimizer/learning-rate-groups.ts";
export type { MeanName, Moments } from "./optimizer/rules/rule.ts";
export type { OptimizerName } from "./optimizer/rules/rules.ts";
export type { Schedule, ScheduleMoment, ScheduleShape } from "./schedules/schedule.ts";
export { learningRateShare, type ScheduleName, schedules } from "./schedules/schedules.ts";
export { parseState, type StateFiles, serializeState } from "./state/state-files.ts";
export type { NamedValues, TrainingSettings, TrainingState } from "./state/training-state.ts";
export { train } from "./train.ts";
export type {
  BatchSize,
  CheckpointOptions,
  EvaluationOptions,
  RateWatchOptions,
  TrainOptions,
} from "./train-options.ts";
export type {
  BestEvaluation,
  CheckpointEvent,
  EndEvent,
  EvaluationEvent,
  Metrics,
  RateRestart,
  RestartEvent,
  SkipEvent,
  StartEvent,
  StepEvent,
  TrainingEvent,
} from "./training-event.ts";
