// The number of optimizer steps of a run.

import { batchIndices } from "@lowrank/data/internal";
import { type ScheduleShape, trainingOptionsError } from "@lowrank/trainer/internal";
import { omitUndefined } from "../omit-undefined.ts";
import { defaultEpochs, minEpochs, type RunDefaults } from "./run-defaults.ts";
import type { TokenizedRows } from "./tokenized-rows.ts";
import { type LoopOptions, settled } from "./training-options.ts";

export interface RunLength extends Partial<Pick<RunDefaults, "minSteps" | "maxEpochs">> {
  readonly rows: number;
  readonly batchSize: number;
  /** Batches per epoch, if the batch size is not a number of rows. */
  readonly batches?: number | undefined;
  /** Gradient accumulation: batches per optimizer step. */
  readonly gradientAccumulationSteps: number;
  /** Steps on the same batches; default 1. */
  readonly numIterations?: number | undefined;
  /** Whether an incomplete last batch is dropped; default false. */
  readonly dropLast?: boolean | undefined;
  readonly epochs?: number | undefined;
  readonly steps?: number | undefined;
  readonly warmupSteps?: number | undefined;
  readonly warmupRatio?: number | undefined;
}

export interface RunSteps {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  readonly warmupSteps: number;
}

const defaultWarmupRatio = 0.03;

/** With `batchTokens`, counts the steps of the first epoch; other epochs may differ by one or two. Throws TRAINING_OPTIONS. */
export function stepsOf(rows: TokenizedRows, options: LoopOptions): RunSteps {
  const batches = options.batchTokens === undefined ? undefined : filledBatches(rows, options);
  const { numIterations } = rows.learning.written ?? {};
  return planSteps({ ...settled(rows, options), rows: rows.train.length, batches, numIterations });
}

function filledBatches({ train, learning }: TokenizedRows, options: LoopOptions): number {
  const { batchTokens, batchSize, dropLast = false, groupByLength, seed } = options;
  const problems = [
    ...(batchSize === undefined ? [] : ["batchTokens: sets the batch size by tokens; leave batchSize out"]),
    ...(dropLast ? ["batchTokens: no batch is ever full; leave dropLast out"] : []),
    ...(learning.measuresInitsByLoss === true
      ? ["batchTokens: comparisons use the other rows of a batch; set batchSize instead"]
      : []),
  ];
  if (problems.length > 0) throw trainingOptionsError(problems);
  return batchIndices(train, omitUndefined({ batchTokens, groupByLength, seed })).length;
}

/** Half an epoch is half of its steps; a started step counts, as in transformers. Throws TRAINING_OPTIONS without a batch. */
export function planSteps(run: RunLength): RunSteps {
  const { rows, batchSize, dropLast = false } = run;
  const { batches = dropLast ? Math.floor(rows / batchSize) : Math.ceil(rows / batchSize) } = run;
  if (dropLast && batches === 0)
    throw trainingOptionsError([`dropLast: no full batch of ${batchSize}; the data has only ${rows} rows`]);
  const stepsPerEpoch = Math.ceil(batches / run.gradientAccumulationSteps) * (run.numIterations ?? 1);
  const totalSteps = run.steps ?? Math.ceil(stepsPerEpoch * epochsOf(run, stepsPerEpoch));
  return { stepsPerEpoch, totalSteps, warmupSteps: warmupOf(run, totalSteps) };
}

/** The number of epochs: the option, or the default. */
function epochsOf({ epochs, minSteps = 0, maxEpochs = minEpochs }: RunLength, stepsPerEpoch: number): number {
  return epochs ?? defaultEpochs(stepsPerEpoch, { minSteps, maxEpochs });
}

/** An explicit warm-up starts at a rate of 0, as in transformers; the default warm-up starts above 0, so that the first step trains. */
export function shapeOf(
  { warmupSteps, warmupRatio, scheduleCycles, schedulePower, endRate, decayShare }: LoopOptions,
  plan: RunSteps,
  resumed: ScheduleShape | undefined,
): ScheduleShape | undefined {
  const shape = omitUndefined({ cycles: scheduleCycles, power: schedulePower, endShare: endRate, decayShare });
  const isRequested = warmupSteps !== undefined || warmupRatio !== undefined || plan.warmupSteps === 0;
  const begin = isRequested
    ? {}
    : omitUndefined({ warmupStart: resumed === undefined ? 1 / (plan.warmupSteps + 1) : resumed.warmupStart });
  const all = { ...begin, ...shape };
  return Object.keys(all).length === 0 ? undefined : all;
}

/** A warm-up ratio never includes the last step. */
function warmupOf({ warmupSteps, warmupRatio }: RunLength, totalSteps: number): number {
  if (warmupSteps !== undefined) return Math.min(warmupSteps, totalSteps);
  return Math.min(Math.ceil(totalSteps * (warmupRatio ?? defaultWarmupRatio)), totalSteps - 1);
}
