// What every learning-rate schedule is: a pure function of the step, so that a resumed run needs no more than the step.

/** Numbers that some schedules have besides the run's length. */
export interface ScheduleShape {
  /** cosine-with-restarts: how many waves; default 1. */
  readonly cycles?: number;
  /** polynomial: the power of what is left of the run; default 1. */
  readonly power?: number;
  /** polynomial and wsd: the last learning rate as a share of the highest; default 0. */
  readonly endShare?: number;
  /** wsd: the share of all steps over which the rate falls at the end; default 0.1. */
  readonly decayShare?: number;
  /** Warm-up: the first learning rate as a share of the highest; default 0, as in transformers: the first step trains nothing. */
  readonly warmupStart?: number;
}

/** Where in the run a learning rate is asked for. */
export interface ScheduleMoment {
  /** The step, counted from 0. */
  readonly step: number;
  readonly warmupSteps: number;
  readonly totalSteps: number;
  readonly shape?: ScheduleShape;
}

/** One way to change the learning rate over a run. */
export interface Schedule {
  readonly name: string;
  readonly source: string;
  /** The learning rate after warm-up as a share of the highest, 0 to 1. */
  share(moment: ScheduleMoment): number;
}

/** How far the part after warm-up is, 0 at its start and 1 at the end. */
export function progress({ step, warmupSteps, totalSteps }: ScheduleMoment): number {
  return (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
}
