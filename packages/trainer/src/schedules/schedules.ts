// Every schedule; adding one is one file and one line.

import { constant } from "./constant.ts";
import { cosine } from "./cosine.ts";
import { cosineWithRestarts } from "./cosine-with-restarts.ts";
import { linear } from "./linear.ts";
import { polynomial } from "./polynomial.ts";
import type { Schedule, ScheduleMoment } from "./schedule.ts";
import { wsd } from "./wsd.ts";

/** The names of the schedules. */
export type ScheduleName = "constant" | "linear" | "cosine" | "cosine-with-restarts" | "polynomial" | "wsd";

/** The schedules by name. */
export const schedules: ReadonlyMap<string, Schedule> = new Map(
  [constant, linear, cosine, cosineWithRestarts, polynomial, wsd].map((row) => [row.name, row]),
);

/**
 * The share of the highest learning rate at a step: linear over the warm-up, then as the schedule says. The first step of a
 * warm-up has a learning rate of 0, as in transformers, or the share `shape.warmupStart`.
 *
 * @example
 * ```ts
 * import { learningRateShare } from "@lowrank/trainer";
 *
 * const share = learningRateShare("linear", { step: 3, warmupSteps: 2, totalSteps: 5 });
 * if (Math.abs(share - 2 / 3) > 1e-12) throw new Error("wrong share");
 * ```
 */
export function learningRateShare(name: ScheduleName, moment: ScheduleMoment): number {
  const { step, warmupSteps, shape } = moment;
  const { warmupStart = 0 } = shape ?? {};
  if (step < warmupSteps) return warmupStart + (1 - warmupStart) * (step / warmupSteps);
  return schedules.get(name)?.share(moment) ?? 1;
}
