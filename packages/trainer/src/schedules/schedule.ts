// The interface of learning-rate schedules: a pure function of the step, so that a resumed run needs only the step.

/** Additional settings of some schedules. */
export interface ScheduleShape {
  /** cosine-with-restarts: number of waves; default 1. */
  readonly cycles?: number;
  /** polynomial: the power of the remaining share of the run; default 1. */
  readonly power?: number;
  /** polynomial and wsd: the last learning rate as a share of the highest; default 0. */
  readonly endShare?: number;
  /** wsd: the share of all steps over which the rate falls at the end; default 0.1. */
  readonly decayShare?: number;
  /** Warm-up: the first learning rate as a share of the highest; default 0, as in transformers: the first step trains nothing. */
  readonly warmupStart?: number;
}

/** A step, and the length of the run. */
export interface ScheduleMoment {
  /** The step, counted from 0. */
  readonly step: number;
  readonly warmupSteps: number;
  readonly totalSteps: number;
  readonly shape?: ScheduleShape;
}

/** How the learning rate changes over a run. */
export interface Schedule {
  readonly name: string;
  readonly source: string;
  /** The learning rate after warm-up as a share of the highest, 0 to 1. */
  share(moment: ScheduleMoment): number;
}

/** The progress after warm-up, from 0 to 1. */
export function progress({ step, warmupSteps, totalSteps }: ScheduleMoment): number {
  return (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
}
