// What is measured on rows, by name: how people read it, and which way is better.

import type { RankingScores } from "@lowrank/data";

/** One kind of number. */
export interface MetricFacts {
  readonly label: string;
  readonly higherIsBetter: boolean;
}

/** The numbers that training and evaluation tell, in the order in which they are told. */
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
  rewardAccuracy: { label: "better answers worth more", higherIsBetter: true },
  rewardMargin: { label: "by", higherIsBetter: true },
  recallAt1: { label: "recall@1", higherIsBetter: true },
  recallAt5: { label: "recall@5", higherIsBetter: true },
  recallAt10: { label: "recall@10", higherIsBetter: true },
  mrrAt10: { label: "MRR@10", higherIsBetter: true },
  ndcgAt10: { label: "nDCG@10", higherIsBetter: true },
} as const satisfies Readonly<Record<string, MetricFacts>>;

/** The name of such a number. */
export type MetricName = keyof typeof metricFacts;

/** All of them. */
export const metricNames = Object.keys(metricFacts) as readonly MetricName[];

/** What was measured; only what applies is there. */
export interface RowMetrics extends Partial<RankingScores> {
  /** The mean of a supervised token, or of a row's class. */
  readonly loss: number;
  /** Of text: e to the loss. */
  readonly perplexity?: number;
  /** The share of classes, or of a text's tokens, that is right, 0 to 1; of several classes a row, that of rows without an error. */
  readonly accuracy?: number;
  /**
   * Of classes, 0 to 1: of class 1 where there are two, else the mean of all classes'. Of answers to questions, 0 to 100: the
   * overlap with the right ones.
   */
  readonly f1?: number;
  /** Of several classes a row, 0 to 1: of all decisions together, and the mean of all classes'. */
  readonly f1Micro?: number;
  readonly f1Macro?: number;
  /** Matthews' correlation of classes, −1 to 1. */
  readonly matthews?: number;
  /** Of numbers, −1 to 1. */
  readonly pearson?: number;
  readonly spearman?: number;
  /** Of rows of two answers: how often the better one is worth more, 0 to 1, and by how much on average. */
  readonly rewardAccuracy?: number;
  readonly rewardMargin?: number;
  /** The share of answers to questions that are right to the last token, 0 to 100. */
  readonly exactMatch?: number;
}
