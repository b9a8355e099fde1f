// The metrics of rows: their labels, and whether higher or lower is better.

import type { RankingScores } from "@lowrank/data/internal";

/** One metric. */
export interface MetricFacts {
  readonly label: string;
  readonly higherIsBetter: boolean;
}

/** The metrics of training and evaluation, in the order of printing. */
export const metricFacts = {
  loss: { label: "loss", higherIsBetter: false },
  perplexity: { label: "perplexity", higherIsBetter: false },
  accuracy: { label: "accuracy", higherIsBetter: true },
  f1: { label: "F1", higherIsBetter: true },
  f1Micro: { label: "F1 (micro)", higherIsBetter: true },
  f1Macro: { label: "F1 (macro)", higherIsBetter: true },
  matthews: { label: "Matthews", higherIsBetter: true },
  pearson: { label: "Pearson", higherIsBetter: true },
  spearman: { label: "Spearman", higherIsBetter: true },
  exactMatch: { label: "exact match", higherIsBetter: true },
  reward: { label: "reward", higherIsBetter: true },
  rewardAccuracy: { label: "better answers worth more", higherIsBetter: true },
  rewardMargin: { label: "by", higherIsBetter: true },
  recallAt1: { label: "recall@1", higherIsBetter: true },
  recallAt5: { label: "recall@5", higherIsBetter: true },
  recallAt10: { label: "recall@10", higherIsBetter: true },
  mrrAt10: { label: "MRR@10", higherIsBetter: true },
  ndcgAt10: { label: "nDCG@10", higherIsBetter: true },
} as const satisfies Readonly<Record<string, MetricFacts>>;

/** The name of a metric. */
export type MetricName = keyof typeof metricFacts;

/** All names. */
export const metricNames = Object.keys(metricFacts) as readonly MetricName[];

/** Measured values; only metrics that apply are set. */
export interface RowMetrics extends Partial<RankingScores> {
  /** Mean loss per supervised token, or per row for classes. */
  readonly loss: number;
  /** For text: e to the power of the loss. */
  readonly perplexity?: number;
  /** Share of correct classes or tokens, 0 to 1; multi-label: share of rows without an error. */
  readonly accuracy?: number;
  /**
   * For classes, 0 to 1: F1 of class 1 if there are two, else the mean over classes. For answers to questions, 0 to 100: the
   * overlap with the references.
   */
  readonly f1?: number;
  /** Multi-label, 0 to 1: F1 of all decisions together, and the mean over classes. */
  readonly f1Micro?: number;
  readonly f1Macro?: number;
  /** Matthews correlation of classes, −1 to 1. */
  readonly matthews?: number;
  /** Correlations of numbers, −1 to 1. */
  readonly pearson?: number;
  readonly spearman?: number;
  /** Learning from rewards: the mean reward of one completion for each prompt. */
  readonly reward?: number;
  /** Preference pairs: how often the chosen answer has the higher reward, 0 to 1, and the mean difference. */
  readonly rewardAccuracy?: number;
  readonly rewardMargin?: number;
  /** Exact match of answers to questions, 0 to 100. */
  readonly exactMatch?: number;
}
