// Names that only our own packages import. They may change in any release.

export { resumeMismatchError, trainingOptionsError } from "./errors.ts";
export type { LearningRateGroup } from "./optimizer/learning-rate-groups.ts";
export type { OptimizerName } from "./optimizer/rules/rules.ts";
export type { ScheduleShape } from "./schedules/schedule.ts";
export { learningRateShare, type ScheduleName } from "./schedules/schedules.ts";
export type { BestEvaluation, EndEvent, Metrics, RateRestart } from "./training-event.ts";
