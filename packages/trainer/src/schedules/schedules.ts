// All schedules. To add one, write an object and add its name to the table.

import { progress, type Schedule, type ScheduleMoment } from "./schedule.ts";

/**
 * Warm-up, stable, decay: the highest learning rate, then half a cosine wave over the last steps. A run can be extended from a
 * checkpoint before the decay.
 */
const wsd: Schedule = {
  name: "wsd",
  source: "transformers, get_wsd_schedule with a warm-up from 0; Hu et al. 2024",
  share({ step, warmupSteps, totalSteps, shape }) {
    const { endShare = 0, decayShare = 0.1 } = shape ?? {};
    const decaySteps = Math.min(Math.ceil(totalSteps * decayShare), totalSteps - warmupSteps);
    const fallen = step - (totalSteps - decaySteps);
    if (fallen < 0) return 1;
    if (fallen >= decaySteps) return endShare;
    return 0.5 * (1 + Math.cos((Math.PI * fallen) / decaySteps)) * (1 - endShare) + endShare;
  },
};

/** A power of the remaining share of the run, down to a share of the highest learning rate. */
const polynomial: Schedule = {
  name: "polynomial",
  source: "transformers, get_polynomial_decay_schedule_with_warmup",
  share(moment) {
    const { power = 1, endShare = 0 } = moment.shape ?? {};
    return (1 - endShare) * Math.max(0, 1 - progress(moment)) ** power + endShare;
  },
};

/** A straight line down to 0 at the end of the run. */
const linear: Schedule = {
  name: "linear",
  source: "transformers, get_linear_schedule_with_warmup",
  share: (moment) => Math.max(0, 1 - progress(moment)),
};

/** Half a cosine wave down to 0 at the end of the run. */
const cosine: Schedule = {
  name: "cosine",
  source: "transformers, get_cosine_schedule_with_warmup; Loshchilov & Hutter 2017 without restarts",
  share: (moment) => Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress(moment)))),
};

/** Several half cosine waves, each from the highest learning rate down to 0. */
const cosineWithRestarts: Schedule = {
  name: "cosine-with-restarts",
  source: "transformers, get_cosine_with_hard_restarts_schedule_with_warmup; Loshchilov & Hutter 2017",
  share(moment) {
    const progressed = progress(moment);
    if (progressed >= 1) return 0;
    return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * (((moment.shape?.cycles ?? 1) * progressed) % 1))));
  },
};

const constant: Schedule = {
  name: "constant",
  source: "transformers, get_constant_schedule_with_warmup",
  share: () => 1,
};

/** The names of the schedules. */
export type ScheduleName = "constant" | "linear" | "cosine" | "cosine-with-restarts" | "polynomial" | "wsd";

/** The schedules by name. */
export const schedules: ReadonlyMap<string, Schedule> = new Map(
  [constant, linear, cosine, cosineWithRestarts, polynomial, wsd].map((row) => [row.name, row]),
);

/**
 * The share of the highest learning rate at a step: linear during warm-up, then by the schedule. The first step of a warm-up has a
 * learning rate of 0, as in transformers, or the share `shape.warmupStart`.
 */
export function learningRateShare(name: ScheduleName, moment: ScheduleMoment): number {
  const { step, warmupSteps, shape } = moment;
  const { warmupStart = 0 } = shape ?? {};
  if (step < warmupSteps) return warmupStart + (1 - warmupStart) * (step / warmupSteps);
  return schedules.get(name)?.share(moment) ?? 1;
}
