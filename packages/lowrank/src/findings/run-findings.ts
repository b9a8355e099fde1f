// Problems that the numbers of a finished run show, as plain rules: a run that learned nothing must not look like a good one.

import type { Warning } from "@lowrank/contracts";
import type { TokenizedExample } from "@lowrank/data/internal";
import type { BestEvaluation } from "@lowrank/trainer/internal";
import { named } from "../errors/named-option.ts";
import { fourDigits } from "../four-digits.ts";
import { mean } from "../mean.ts";
import type { RowMetrics } from "../metric-names.ts";
import { classCounts } from "../report/data-facts.ts";

/** Something that a person should know about a run, with the option to change. */
export interface RunFinding extends Warning {
  /** Whether the finding means that the adapter is no better than its base. */
  readonly learnedNothing?: true;
}

export interface RunRecord {
  /** The loss of each step. Empty for a resumed run, whose first losses are not known. */
  readonly losses: readonly number[];
  readonly validations: readonly ({ readonly step: number; readonly epoch: number } & RowMetrics)[];
  readonly best?: BestEvaluation | undefined;
  /** The highest learning rate of the run. */
  readonly learningRate: number;
  /** The best constant prediction, for the training rows and the validation rows. */
  readonly guess?: Guess | undefined;
  readonly guessHeldOut?: Guess | undefined;
}

/** Shorter runs are too noisy to judge. */
const fewestSteps = 10;
/** Steps that are compared at each end, or a tenth of a long run: many, so that noise does not look like a fall or a rise. */
const comparedSteps = 20;
/** A mean loss that falls by less than this share is flat; one that rises by more rose. */
const smallChange = 0.05;
/** A loss above this share of the loss of guessing is no better than guessing. */
const guessing = 0.97;
/** The share by which a validation loss must fall to be better. */
const smallGain = 0.01;
/** A new head learns slowly: if it learned nothing after fewer steps, these are the likeliest reason. */
const stepsOfHead = 200;

/** The findings; empty for a healthy run. */
export function runFindings(run: RunRecord): readonly RunFinding[] {
  const failure = guessed(run) ?? useless(run) ?? unchanged(run);
  if (failure !== undefined) return [{ ...failure, learnedNothing: true }];
  const overfitting = overfitted(run);
  return overfitting === undefined ? [] : [overfitting];
}

function guessed({ losses, validations, guess, guessHeldOut, learningRate }: RunRecord): Warning | undefined {
  const later = validations.filter(({ step }) => step > 0);
  const isMeasured = guessHeldOut !== undefined && later.length > 0;
  const of = isMeasured ? guessHeldOut : guess;
  if (of === undefined || of.loss === 0) return undefined;
  const loss = isMeasured ? Math.min(...later.map((each) => each.loss)) : (trendOf(losses)?.end ?? 0);
  const accuracy = isMeasured ? Math.max(...later.map((each) => each.accuracy ?? 0)) : 0;
  const byChance = (of.accuracy ?? 1) + 0.5 / Math.sqrt(of.rows);
  if (loss < guessing * of.loss || accuracy > byChance) return undefined;
  const measured = isMeasured ? "the validation loss was never below" : "the loss at the end is";
  const right =
    isMeasured && of.accuracy !== undefined ? `, and at best ${percent(accuracy)} of the answers were right` : "";
  const always = of.accuracy === undefined ? "" : ` and is right for ${percent(of.accuracy)} of the rows`;
  const message =
    `The run learned nothing: ${measured} ${fourDigits(loss)}${right}. Always giving the same answer has a loss of ${fourDigits(of.loss)}${always}. ` +
    slowOrFast(losses, learningRate);
  return { code: "NO_BETTER_THAN_GUESSING", message };
}

function useless({ validations, best, learningRate }: RunRecord): Warning | undefined {
  if (best?.step !== 0 || validations.length < 2) return undefined;
  const message =
    `No validation was better than the one before the first step (${fourDigits(best.value)}): on the validation rows the adapter is worse than its base. ` +
    `Use more rows, or lower ${named("learningRate")} to ${rate(learningRate / 4)} or ${named("epochs")}.`;
  return { code: "VALIDATION_NEVER_BETTER", message };
}

function unchanged({ losses, validations, learningRate }: RunRecord): Warning | undefined {
  const [first] = validations;
  const lowest = Math.min(...validations.map(({ loss }) => loss));
  if (first !== undefined && first.step === 0 && lowest < first.loss * (1 - smallGain)) return undefined;
  const trend = trendOf(losses);
  if (trend === undefined) return undefined;
  const { start, end, error, steps } = trend;
  const means = `${fourDigits(start)} at the start and ${fourDigits(end)} at the end, means of ${steps} steps`;
  if (end - start > Math.max(smallChange * start, 2 * error)) {
    const lower = `Lower ${named("learningRate")} to ${rate(learningRate / 4)}.`;
    return { code: "LOSS_ROSE", message: `The training loss rose: ${means}. ${lower}` };
  }
  if (start - end + error > smallChange * start) return undefined;
  const message = `The training loss barely fell: ${means}. ${slowOrFast(losses, learningRate)}`;
  return { code: "LOSS_FLAT", message };
}

function overfitted({ validations, best, learningRate }: RunRecord): Warning | undefined {
  const [lowest] = [...validations].sort((one, other) => one.loss - other.loss);
  const last = validations.at(-1);
  if (last === undefined || lowest === undefined || last.loss < lowest.loss * (1 + smallChange)) return undefined;
  if (Math.max(best?.step ?? 0, lowest.step) > last.step / 2) return undefined;
  const message =
    `The validation loss was lowest in epoch ${lowest.epoch} (step ${lowest.step}: ${fourDigits(lowest.loss)}) and rose to ${fourDigits(last.loss)}: later steps ` +
    `memorized the training rows. Set ${named("epochs")} to ${Math.max(1, lowest.epoch)}, lower ${named("learningRate")} to ${rate(learningRate / 4)}, or use more rows.`;
  return { code: "OVERFITTED", message };
}

function trendOf(losses: readonly number[]) {
  if (losses.length < fewestSteps) return undefined;
  return lossTrend(losses, Math.max(comparedSteps, Math.ceil(losses.length / 10)));
}

/** A loss that was ever far above its start has diverged; otherwise too few steps are the likeliest reason. */
function slowOrFast(losses: readonly number[], learningRate: number): string {
  const start = trendOf(losses)?.start ?? Number.POSITIVE_INFINITY;
  const [higher, lower] = [rate(learningRate * 4), rate(learningRate / 4)];
  const option = named("learningRate");
  const hasDiverged = losses.some((_, index) => mean(losses.slice(index, index + 5)) > 1.3 * start);
  if (hasDiverged) return `The loss was far above its first value in between: lower ${option} to ${lower}.`;
  if (losses.length < stepsOfHead) return `Raise ${named("epochs")}, or ${option} to ${higher}.`;
  return `Try ${option} ${lower}, and ${higher}.`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function rate(value: number): string {
  return String(Number(value.toPrecision(2)));
}

/** A constant prediction that fits the rows best. */
interface Guess {
  readonly rows: number;
  /** The entropy of the classes (ln of their number if all are equally frequent), or the variance of the numbers. */
  readonly loss: number;
  /** The share of the most frequent class. */
  readonly accuracy?: number;
}

/** Undefined for rows without one class or one number each. */
export function guessOf(rows: readonly TokenizedExample[]): Guess | undefined {
  const numbers = rows.flatMap((row) => (row.kind === "scored" && row.scores.length === 1 ? row.scores : []));
  if (numbers.length > 1) return { rows: numbers.length, loss: variance(numbers) };
  const counts = [...classCounts(rows).values()];
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  const loss = counts.reduce((sum, count) => sum - (count / all) * Math.log(count / all), 0);
  return { rows: all, loss, accuracy: Math.max(...counts) / all };
}

/**
 * The means of the first and the last steps, at most `max` or half of the run, and the standard error of their difference. The loss
 * of one step depends more on its batch than on the run.
 */
export function lossTrend(losses: readonly number[], max = Math.min(20, Math.ceil(losses.length / 10))) {
  const steps = Math.min(max, Math.max(1, Math.floor(losses.length / 2)));
  if (losses.length === 0) return undefined;
  const [start, end] = [losses.slice(0, steps), losses.slice(-steps)];
  const error = Math.sqrt((variance(start) + variance(end)) / steps);
  return { start: mean(start), end: mean(end), steps, error };
}

/** The sample variance; 0 for one value. */
function variance(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return squares / Math.max(1, values.length - 1);
}
