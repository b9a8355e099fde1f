// What every learning-rate schedule is: a pure function of the step, so that a resumed run needs no more than the step.

/** Where in the run a learning rate is asked for. */
export interface ScheduleMoment {
  /** The step, counted from 0. */
  readonly step: number;
  readonly warmupSteps: number;
  readonly totalSteps: number;
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
