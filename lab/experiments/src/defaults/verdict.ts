// Whether the defaults do as well as the best settings of the sweep, over the same seeds.

import { meanOf } from "../training/mean-of.ts";

/** One figure of a setting, seed by seed. */
export interface Score {
  readonly mean: number;
  /** The standard error of the mean; 0 for a single seed. */
  readonly standardError: number;
}

export function scoreOf(values: readonly number[]): Score {
  const mean = meanOf(values);
  if (values.length < 2) return { mean, standardError: 0 };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / (values.length - 1) / values.length) };
}

/** A default may lose this share of a loss. */
const lossShare = 0.02;

export function verdictOf(figure: string, defaults: Score, best: Score): string {
  const isLoss = figure === "loss";
  const worse = isLoss ? defaults.mean - best.mean : best.mean - defaults.mean;
  if (worse <= 0) return "as good";
  if (worse <= best.standardError) return "within one standard error";
  if (isLoss && worse <= lossShare * best.mean) return "within 2 % of the loss";
  return `worse by ${((100 * worse) / best.mean).toFixed(1)} %`;
}
