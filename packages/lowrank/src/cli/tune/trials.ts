// Short trainings that are compared: one open model, rows that are read once, and a new adapter for each.

import { ExampleError, pickRows } from "@lowrank/data";
import { NonFiniteLossError } from "@lowrank/trainer";
import { UsageError } from "../../errors/usage-errors.ts";
import type { RowMetrics } from "../../evaluate/metric-names.ts";
import { namedChoice } from "../../recipe/named-choice.ts";
import { type RunChoices, trainingOptions, type WithModel } from "../../recipe/recipe.ts";
import type { PreparedRun } from "../../recipe/run/prepare-run.ts";
import { type TrainingRows, trainingRows } from "../../rows/training-rows.ts";
import type { Candidate } from "../../sweep/successive-halving.ts";
import { startBatches } from "../../train/measure-start.ts";
import { settled } from "../../train/training-options.ts";
import { preparePlan, unkept } from "../plan/prepare-plan.ts";
import type { Report } from "../terminal/report.ts";
import type { TrainOptions } from "../train/train-options.ts";

/** A run that is open, of which trials are parts. */
export interface Trials extends PreparedRun {
  /** As they were read. */
  readonly rows: TrainingRows;
  /** Whether the run itself trains on the validation rows, too. */
  readonly isHeldOutForSearch: boolean;
}

/** The share that the search holds out where the run holds out nothing. */
const searchShare = 0.2;
/** More rows make a validation slow and the order of candidates hardly surer. */
const mostValidationRows = 200;
/** Multiples of the default, the nearest first. */
const rateFactors = [1, 2, 0.5, 4, 0.25];
const rankFactors = [1, 2];

/** Opens the model and reads the rows; the caller disposes of it. Throws a UsageError if there are no rows to compare by. */
export async function openTrials(options: WithModel<TrainOptions>, report: Report): Promise<Trials> {
  let rows: TrainingRows | undefined;
  let isHeldOutForSearch = false;
  const choose = (read: TrainingRows) => {
    isHeldOutForSearch = read.validation.length === 0;
    rows = isHeldOutForSearch ? holdOut(read, options) : read;
    return rows;
  };
  const run = await preparePlan(options, { ...report, say: () => undefined }, choose);
  if (rows === undefined) throw new Error("A run is prepared with rows.");
  const { validation } = run.training;
  const every = Math.max(1, validation.length / mostValidationRows);
  const places = Array.from({ length: Math.min(validation.length, mostValidationRows) }, (_, place) =>
    Math.floor(place * every),
  );
  const training = { ...run.training, validation: pickRows(validation, places) };
  return { ...run, training, rows, isHeldOutForSearch };
}

function holdOut(read: TrainingRows, { seed, task }: RunChoices): TrainingRows {
  const data = { name: read.file, rows: read.train };
  try {
    return trainingRows({ data, validationShare: searchShare, seed, task, problem: read.problem });
  } catch (error) {
    if (!(error instanceof ExampleError)) throw error;
    throw new UsageError(
      `There are no rows to compare trainings by: "${read.file}" has ${read.train.length}, with too few different inputs to hold ` +
        `some out. Name a file with other rows as ${namedChoice("validation")}, or use lowrank train.`,
    );
  }
}

/** What is tried, the defaults first. Throws a UsageError if the options leave nothing open. */
export function candidatesOf({ training, adapter }: Trials, options: TrainOptions): readonly Candidate[] {
  const { learningRate } = settled(training, trainingOptions(options, unkept));
  const { rank } = adapter.config;
  const rates =
    options.learningRate === undefined ? rateFactors.map((factor) => factor * learningRate) : [learningRate];
  const ranks = hasShape(options) ? [rank] : rankFactors.map((factor) => factor * rank);
  if (rates.length * ranks.length === 1)
    throw new UsageError(
      `${namedChoice("learningRate")} and the adapter's rank are both given, so there is nothing to search. Leave one out, or use lowrank train.`,
    );
  return ranks.flatMap((each) => rates.map((rate) => ({ learningRate: rate, rank: each })));
}

/** The options with the values of a candidate. */
export function withCandidate<Options extends TrainOptions>(
  options: Options,
  { learningRate, rank }: Candidate,
  { adapter: { config } }: Trials,
): Options {
  const alpha = options.alpha ?? (config.alpha * rank) / config.rank;
  return { ...options, learningRate, ...(hasShape(options) ? {} : { rank, alpha }) };
}

/** Whether the rank is not open. */
function hasShape({ rank, adapter, loraConfig }: RunChoices): boolean {
  return rank !== undefined || adapter !== undefined || loraConfig !== undefined;
}

/** How a trial goes. */
export interface TrialOptions {
  readonly steps: number;
  readonly signal: AbortSignal;
  onStep(): void;
}

/** Trains a new adapter and measures it at the end; undefined where it diverged or was stopped. */
export async function tryOut(
  trials: Trials,
  options: TrainOptions,
  { steps, signal, onStep }: TrialOptions,
): Promise<RowMetrics | undefined> {
  const { model, asked, training, rows } = trials;
  const { rank = trials.adapter.config.rank, alpha = trials.adapter.config.alpha, seed } = options;
  const adapter =
    options.adapter === undefined
      ? model.adapt({ ...asked, rank, alpha }, { seed })
      : await model.attach(options.adapter, {
          trainable: true,
          allowDifferentBase: options.allowDifferentBase === true,
        });
  let metrics: RowMetrics | undefined;
  try {
    const loop = { ...trainingOptions(options, unkept), ...warmUpOf(options, training) };
    if (startBatches(loop, adapter.config) !== undefined) await adapter.prepare(rows, loop);
    const length = { epochs: undefined, steps, evalEvery: steps, evalAtStart: false };
    for await (const event of adapter.run(training, { ...loop, ...length, signal, onWarning: () => undefined })) {
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

/** A warm-up that was given in steps is as large a share of a trial as of the run. */
function warmUpOf({ warmupSteps }: RunChoices, { totalSteps }: Trials["training"]) {
  if (warmupSteps === undefined) return {};
  return { warmupSteps: undefined, warmupRatio: Math.min(1, warmupSteps / totalSteps) };
}
