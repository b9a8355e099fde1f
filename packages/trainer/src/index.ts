// The training loop. Checkpoints on disk are in "@lowrank/trainer/node".

export { NonFiniteLossError, resumeMismatchError, trainingOptionsError } from "./errors.ts";
export { type LearningRateGroup, loraPlus } from "./optimizer/learning-rate-groups.ts";
export type { OptimizerName } from "./optimizer/rules/rules.ts";
export type { ScheduleShape } from "./schedules/schedule.ts";
export { learningRateShare, type ScheduleName, schedules } from "./schedules/schedules.ts";
export { parseState, serializeState } from "./state/state-files.ts";
export type { TrainingSettings, TrainingState } from "./state/training-state.ts";
export { train } from "./train.ts";
export type { EvaluationOptions, TrainOptions } from "./train-options.ts";
export type {
  BestEvaluation,
  EndEvent,
  EvaluationEvent,
  Metrics,
  RateRestart,
  StepEvent,
  TrainingEvent,
} from "./training-event.ts";
