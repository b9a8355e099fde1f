// A preference loss: a row of the table.

import type * as tf from "@tensorflow/tfjs-core";

/** Answers of a batch, one entry each: [answers]. */
export interface AnswerScores {
  /** log p of the whole answer; for a loss with `hasScores`, its score. */
  readonly logProbs: tf.Tensor1D;
  /** The log-probabilities by the base, without the adapter; 0 for a loss that does not compare with it. */
  readonly reference: tf.Tensor1D;
  /** Tokens. */
  readonly lengths: tf.Tensor1D;
}

/** The chosen and the rejected answer of each prompt, and all answers, for losses of single answers. */
interface ScoredPairs {
  readonly chosen: AnswerScores;
  readonly rejected: AnswerScores;
  readonly all: AnswerScores;
  /** 1 for each of all that is good, 0 for others: [answers] */
  readonly good: tf.Tensor1D;
  /** For a loss with `mismatched`: how far the adapter moves answers to other prompts, at least 0, a scalar without gradient. */
  readonly divergence: tf.Scalar;
  /** For a loss with `text`: the mean loss of prompts and chosen answers as text, a scalar. */
  readonly textLoss: tf.Scalar;
}

/** A number that a loss reads. */
export interface PreferenceSetting {
  readonly default: number;
  /** The value with which the setting has no effect; absent if there is none. */
  readonly idle?: number;
  /** The problem of a value that is out of range. */
  problemOf(value: number): string | undefined;
}

/** One loss. */
export interface PreferenceLoss<Settings = Readonly<Record<string, number>>> {
  /** The paper, and TRL's name. */
  readonly source: string;
  /** The settings that it reads; others are refused. */
  readonly settings: { readonly [Name in keyof Settings]: PreferenceSetting };
  /** Whether it compares with the base. */
  readonly reference: boolean;
  /** Whether it reads the scores of a classifier with one output, rather than log-probabilities. */
  readonly hasScores?: true;
  /** Whether it reads answers to other prompts, those of the batch's other rows. */
  readonly mismatched?: true;
  /** Whether it learns chosen rows as text, too (ORPO). */
  readonly text?: true;
  /** Whether answers may come by themselves, good or bad, rather than in pairs. */
  readonly single?: true;
  /** The loss of each pair, [pairs], or of each answer. */
  losses(pairs: ScoredPairs, settings: Settings): tf.Tensor1D;
  /** The implicit reward of each answer, [answers], from which accuracy and margin are computed. */
  rewards(answers: AnswerScores, settings: Settings): tf.Tensor1D;
}

/** The setting that every loss reads. */
export type BetaSetting = {
  /** How much the reward of an answer weighs; the papers' β, IPO's τ, ORPO's λ. */
  readonly beta: number;
};

export const beta: PreferenceSetting = {
  default: 0.1,
  problemOf: (value) => (value > 0 && Number.isFinite(value) ? undefined : "is not a positive number"),
};

/** A number from 0 that does nothing at `idle`. */
export function fromZero(numbers: Pick<PreferenceSetting, "default" | "idle">): PreferenceSetting {
  const problemOf = (value: number) => (value >= 0 && Number.isFinite(value) ? undefined : "is not a number from 0");
  return { ...numbers, problemOf };
}
