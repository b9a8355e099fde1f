// Options with defaults filled in, as plain data that a checkpoint can hold.

import type { OptimizerName } from "../optimizer/rules/rules.ts";
import type { ScheduleShape } from "../schedules/schedule.ts";
import type { ScheduleName } from "../schedules/schedules.ts";

/** The numbers of a run. */
export interface TrainingSettings {
  readonly steps: number;
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  readonly scheduleShape: ScheduleShape;
  readonly warmupSteps: number;
  readonly optimizer: OptimizerName;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly decayed: "all" | "matrices";
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly clipNorm: number | null;
  readonly accumulate: number;
  readonly weightByTokens: boolean;
  readonly seed: number;
}
