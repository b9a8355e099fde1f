// Short trainings that are compared: one open model, rows that are read once, and a new adapter for each.

import { ExampleError } from "@lowrank/data";
import { NonFiniteLossError } from "@lowrank/trainer";
import { named } from "../../errors/named-option.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import type { RowMetrics } from "../../metric-names.ts";
import { type TrainingRows, trainingRows } from "../../objectives/training-rows.ts";
import { type CompleteRecipe, trainingOptions, type WithModel } from "../../recipe/recipe.ts";
import type { PreparedRun } from "../../recipe/run/prepare-run.ts";
import { someRows } from "../../report/data-facts.ts";
import type { Candidate } from "../../sweep/successive-halving.ts";
import { initBatchesOf } from "../../train/measure-init.ts";
import { settled } from "../../train/training-options.ts";
import { preparePlan, withoutFolder } from "../plan/prepare-plan.ts";
import type { Report } from "../terminal/report.ts";
import type { TrainOptions } from "../train/run-train.ts";

export interface Trials extends PreparedRun {
  readonly rows: TrainingRows;
  /** Whether the run itself trains on the validation rows, too. */
  readonly isHeldOutForSearch: boolean;
}

/** The validation share of the search, if the run itself has none. */
const searchShare = 0.2;
/** More rows make a validation slow and the order of candidates hardly surer. */
const maxValidationRows = 200;
/** Multiples of the default, the nearest first. */
const rateFactors = [1, 2, 0.5, 4, 0.25];
const rankFactors = [1, 2];

/** Opens the model and reads the rows; the caller disposes of it. Throws a UsageError if there are no validation rows. */
export async function openTrials(options: WithModel<TrainOptions>, report: Report): Promise<Trials> {
  const chosen: Pick<Trials, "rows" | "isHeldOutForSearch">[] = [];
  const choose = (read: TrainingRows) => {
    const isHeldOutForSearch = read.validation.length === 0;
    const rows = isHeldOutForSearch ? holdOut(read, options) : read;
    chosen.push({ rows, isHeldOutForSearch });
    return rows;
  };
  const run = await preparePlan(options, { ...report, print: () => undefined }, choose);
  const [rows] = chosen;
  if (rows === undefined) throw new Error("A run is prepared with rows.");
  const validation = someRows(run.training.validation, maxValidationRows);
  return { ...run, ...rows, training: { ...run.training, validation } };
}

function holdOut(read: TrainingRows, { seed, task }: CompleteRecipe): TrainingRows {
  const data = { name: read.file, rows: read.train };
  try {
    return trainingRows({ data, validationShare: searchShare, seed, task, problem: read.problem });
  } catch (error) {
    if (!(error instanceof ExampleError)) throw error;
    throw new UsageError(
      `There are no validation rows to compare the trials with: "${read.file}" has ${read.train.length}, with too few different inputs to hold ` +
        `some out. Name a file of other rows with ${named("validation")}, or use lowrank train.`,
    );
  }
}

/** The candidates, with the defaults first. Throws a UsageError if the options leave nothing to search. */
export function candidatesOf({ training, adapter }: Trials, options: TrainOptions): readonly Candidate[] {
  const { learningRate } = settled(training, trainingOptions(options, withoutFolder));
  const rates = (options.learningRate === undefined ? rateFactors : [1]).map((factor) => factor * learningRate);
  const ranks = (isRankOpen(options) ? rankFactors : [1]).map((factor) => factor * adapter.config.rank);
  const candidates = ranks.flatMap((rank) => rates.map((rate) => ({ learningRate: rate, rank })));
  if (candidates.length > 1) return candidates;
  throw new UsageError(
    `${named("learningRate")} and the adapter's rank are both given, so there is nothing to search. Leave one out, or use lowrank train.`,
  );
}

/** The options with the values of a candidate; alpha grows with the rank unless it is given. */
export function withCandidate<Options extends TrainOptions>(
  options: Options,
  { learningRate, rank }: Candidate,
  { adapter: { config } }: Trials,
): Options {
  const alpha = options.alpha ?? (config.alpha * rank) / config.rank;
  return { ...options, learningRate, ...(isRankOpen(options) ? { rank, alpha } : {}) };
}

export function isRankOpen({ rank, adapter, loraConfig }: CompleteRecipe): boolean {
  return rank === undefined && adapter === undefined && loraConfig === undefined;
}

/** Trains a new adapter and measures it at the end; undefined if it diverged or was stopped. */
export async function tryOut(
  { model, requested, adapter: { config }, training, rows }: Trials,
  options: TrainOptions,
  { steps, signal, onStep }: { readonly steps: number; readonly signal: AbortSignal; onStep(): void },
): Promise<RowMetrics | undefined> {
  const { rank = config.rank, alpha = config.alpha, seed, allowDifferentBase = false, warmupSteps } = options;
  const adapter =
    options.adapter === undefined
      ? model.adapt({ ...requested, rank, alpha }, { seed })
      : await model.attach(options.adapter, { trainable: true, allowDifferentBase });
  // As large a share of the trial as of the run.
  const warmUp = warmupSteps && { warmupSteps: Math.round((warmupSteps * steps) / training.totalSteps) };
  const length = { epochs: undefined, steps, evalEvery: steps, evalAtStart: false };
  const loop = { ...trainingOptions(options, withoutFolder), ...warmUp, ...length };
  let metrics: RowMetrics | undefined;
  try {
    if (initBatchesOf(loop, adapter.config) !== undefined) await adapter.prepare(rows, loop);
    for await (const event of adapter.run(training, { ...loop, signal, onWarning: () => undefined })) {
      if (event.type === "step") onStep();
      if (event.type === "evaluation") metrics = event.metrics;
    }
  } catch (error) {
    if (!(error instanceof NonFiniteLossError)) throw error;
  } finally {
    adapter.dispose();
  }
  return metrics;
}
