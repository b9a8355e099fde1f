// How many optimiser steps a run has, as plain numbers.

/** What decides the length of a run. */
export interface RunLength {
  readonly rows: number;
  readonly batchSize: number;
  /** Batches an optimiser step. */
  readonly accumulate: number;
  readonly epochs?: number | undefined;
  readonly steps?: number | undefined;
  readonly warmupSteps?: number | undefined;
  readonly warmupRatio?: number | undefined;
}

/** The plan of a run. */
export interface StepPlan {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  readonly warmupSteps: number;
}

const defaultEpochs = 3;
const defaultWarmupRatio = 0.03;

/** Counts steps; the last step of an epoch may have fewer batches than the others. */
export function planSteps(run: RunLength): StepPlan {
  const batches = Math.ceil(run.rows / run.batchSize);
  const stepsPerEpoch = Math.ceil(batches / run.accumulate);
  const totalSteps = run.steps ?? stepsPerEpoch * (run.epochs ?? defaultEpochs);
  return { stepsPerEpoch, totalSteps, warmupSteps: warmupOf(run, totalSteps) };
}

/** The first step of a warm-up has the rate 0, as in transformers; a share of the run never takes its last step. */
function warmupOf({ warmupSteps, warmupRatio }: RunLength, totalSteps: number): number {
  if (warmupSteps !== undefined) return Math.min(warmupSteps, totalSteps);
  return Math.min(Math.ceil(totalSteps * (warmupRatio ?? defaultWarmupRatio)), totalSteps - 1);
}
