// How many optimiser steps a run has, as plain numbers.

import { batchIndices } from "@lowrank/data";
import { type ScheduleShape, TrainingOptionsError } from "@lowrank/trainer";
import { given } from "../given.ts";
import { defaultEpochs, minEpochs, type RunDefaults } from "./run-defaults.ts";
import type { TokenizedRows } from "./tokenized-rows.ts";
import { type LoopOptions, settled } from "./training-options.ts";

export interface RunLength extends Partial<Pick<RunDefaults, "minSteps" | "maxEpochs">> {
  readonly rows: number;
  readonly batchSize: number;
  /** How many batches an epoch has, where it is not rows that fill them. */
  readonly batches?: number | undefined;
  /** Batches an optimiser step. */
  readonly gradientAccumulationSteps: number;
  /** Whether a last batch that is not full is left out; default false. */
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

/** With `batchTokens`, as many steps as its first epoch has; other epochs may differ by one or two. Throws TrainingOptionsError. */
export function stepsOf(rows: TokenizedRows, options: LoopOptions): RunSteps {
  const batches = options.batchTokens === undefined ? undefined : filledBatches(rows, options);
  return planSteps({ ...settled(rows, options), rows: rows.train.length, batches });
}

function filledBatches({ train, learning }: TokenizedRows, options: LoopOptions): number {
  const { batchTokens, batchSize, dropLast = false, groupByLength, seed } = options;
  const problems = [
    ...(batchSize === undefined ? [] : ["batchTokens: a batch has rows or tokens, so leave batchSize out"]),
    ...(dropLast ? ["batchTokens: no batch is ever full, so leave dropLast out"] : []),
    ...(learning.initsByLoss === true
      ? ["batchTokens: texts to compare need a batch size, for neighbours teach them"]
      : []),
  ];
  if (problems.length > 0) throw new TrainingOptionsError(problems);
  return batchIndices(train, given({ batchTokens, groupByLength, seed })).length;
}

/** Half an epoch is half its steps, a begun step counted whole, as in transformers. Throws TrainingOptionsError for no batch. */
export function planSteps(run: RunLength): RunSteps {
  const { rows, batchSize, dropLast = false } = run;
  const { batches = dropLast ? Math.floor(rows / batchSize) : Math.ceil(rows / batchSize) } = run;
  if (dropLast && batches === 0)
    throw new TrainingOptionsError([`dropLast: ${rows} rows make no full batch of ${batchSize}`]);
  const stepsPerEpoch = Math.ceil(batches / run.gradientAccumulationSteps);
  const totalSteps = run.steps ?? Math.ceil(stepsPerEpoch * epochsOf(run, stepsPerEpoch));
  return { stepsPerEpoch, totalSteps, warmupSteps: warmupOf(run, totalSteps) };
}

/** The length of a run that nobody counted. */
function epochsOf({ epochs, minSteps = 0, maxEpochs = minEpochs }: RunLength, stepsPerEpoch: number): number {
  return epochs ?? defaultEpochs(stepsPerEpoch, { minSteps, maxEpochs });
}

/** A warm-up that is asked for begins at a rate of 0, as in transformers; the default one above 0, so that its first step trains, too. */
export function shapeOf(
  { warmupSteps, warmupRatio, scheduleCycles, schedulePower, endRate, decayShare }: LoopOptions,
  plan: RunSteps,
  resumed: ScheduleShape | undefined,
): ScheduleShape | undefined {
  const shape = given({ cycles: scheduleCycles, power: schedulePower, endShare: endRate, decayShare });
  const isAsked = warmupSteps !== undefined || warmupRatio !== undefined || plan.warmupSteps === 0;
  const begin = isAsked
    ? {}
    : given({ warmupStart: resumed === undefined ? 1 / (plan.warmupSteps + 1) : resumed.warmupStart });
  const all = { ...begin, ...shape };
  return Object.keys(all).length === 0 ? undefined : all;
}

/** A share of the run never takes its last step. */
function warmupOf({ warmupSteps, warmupRatio }: RunLength, totalSteps: number): number {
  if (warmupSteps !== undefined) return Math.min(warmupSteps, totalSteps);
  return Math.min(Math.ceil(totalSteps * (warmupRatio ?? defaultWarmupRatio)), totalSteps - 1);
}
