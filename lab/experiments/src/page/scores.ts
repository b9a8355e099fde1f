// Several seeds of a method as one line: mean and standard error.

import { meanOf } from "../training/mean-of.ts";
import type { SavedRun } from "../training/saved-runs.ts";
import type { Sweep } from "../training/sweep.ts";

export interface Score {
  readonly method: string;
  /** The mean of the metric that compares the methods of a sweep; shares in percent. */
  readonly mean: number;
  /** The standard error of that mean, in points; absent with one seed. */
  readonly error?: number;
  /** The mean loss of the seeds on the measured rows; NaN if a task has none. */
  readonly loss: number;
  readonly seeds: number;
  readonly trainable: number;
  /** "3 epochs with dropout" */
  readonly training: string;
  /** The learning rates of the seeds, and in brackets those that failed before. */
  readonly rates: string;
}

/** With one value no error is known. */
export function meanAndError(values: readonly number[]): Pick<Score, "mean" | "error"> {
  const mean = meanOf(values);
  const spread = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, ...(values.length > 1 ? { error: Math.sqrt(spread / values.length) } : {}) };
}

/** Undefined if the method was not run. */
export function scoreOf(sweep: Sweep | undefined, method: string): Score | undefined {
  const runs = sweep?.runs.filter((run) => run.method === method) ?? [];
  const [first] = runs;
  if (sweep === undefined || first === undefined) return undefined;
  return {
    method,
    ...meanAndError(runs.map(({ after }) => inPercent(sweep, sweep.figure, after[sweep.figure]) ?? Number.NaN)),
    loss: meanOf(runs.map(({ after }) => after.loss ?? Number.NaN)),
    seeds: runs.length,
    trainable: first.trainable,
    training: trainingText(sweep),
    rates: ratesOf(runs),
  };
}

/** "86.7 ± 0.2 %", or with one seed "86.7 % (one seed)". */
export function scoreText(score: Score, unit = ""): string {
  return `${meanText(score)}${unit}${score.error === undefined ? " (one seed)" : ""}`;
}

/** "86.7 ± 0.2", or without a known error "86.7". */
export function meanText({ mean, error }: Pick<Score, "mean" | "error">, digits = 1): string {
  return [mean, error].flatMap((value) => value?.toFixed(digits) ?? []).join(" ± ");
}

/** "1 epoch", or "3 epochs with dropout". */
export function trainingText({ epochs, dropout }: Pick<Sweep, "epochs" | "dropout">): string {
  return `${epochs} epoch${epochs === 1 ? "" : "s"}${dropout ? " with dropout" : ""}`;
}

/** "0.002", or "0.0005 (0.002 did not train)" where that is so of any seed. */
export function ratesOf(runs: readonly SavedRun[]): string {
  const used = [...new Set(runs.map(({ learningRate }) => learningRate))];
  const failed = [...new Set(runs.flatMap(({ failedRates = [] }) => failedRates))];
  return `${used.join(" or ")}${failed.length === 0 ? "" : ` (${failed.join(" and ")} did not train)`}`;
}

/** The figure by which a sweep compares is a share, shown in percent; BLEU is in percent already. */
export function isShare({ figure }: Pick<Sweep, "figure">, name: string): boolean {
  return name === figure && figure !== "bleu";
}

/** One of a run's metrics as the page shows it. */
export function inPercent(sweep: Pick<Sweep, "figure">, name: string, value: number | undefined): number | undefined {
  return value !== undefined && isShare(sweep, name) ? 100 * value : value;
}
