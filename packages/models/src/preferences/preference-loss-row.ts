// What one way of learning from preferences is: a row of the table.

import type * as tf from "@tensorflow/tfjs-core";

/** Answers of a batch, one entry each: [answers]. */
export interface AnswerScores {
  /** log p of the whole answer. */
  readonly logProbs: tf.Tensor1D;
  /** The same of the base, without the adapter; 0 for a loss that does not compare with it. */
  readonly reference: tf.Tensor1D;
  /** Tokens. */
  readonly lengths: tf.Tensor1D;
}

/** Two answers to each prompt, of which the chosen one is better; what they are made of for a loss of single answers. */
interface ScoredPairs {
  readonly chosen: AnswerScores;
  readonly rejected: AnswerScores;
  readonly all: AnswerScores;
  /** 1 for each of all that is good, 0 for others: [answers] */
  readonly good: tf.Tensor1D;
  /** Of a loss with `mismatched`: how far the adapter moves answers to other prompts, at least 0, a scalar without gradient. */
  readonly divergence: tf.Scalar;
  /** Of a loss with `text`: the mean loss of prompts and chosen answers as text, a scalar. */
  readonly textLoss: tf.Scalar;
}

/** What a loss can be told. */
export interface PreferenceSettings {
  /** How much the reward of an answer weighs; the papers' β, IPO's τ, ORPO's λ. */
  readonly beta: number;
  /** The share of pairs that are the wrong way round. */
  readonly labelSmoothing: number;
  /** By how much the chosen answer is to lead: SimPO's γ. */
  readonly margin: number;
  /** How much good and bad answers weigh, where each is learnt by itself. */
  readonly desirableWeight: number;
  readonly undesirableWeight: number;
}

/** One loss. */
export interface PreferenceLoss {
  /** The paper, and TRL's name. */
  readonly source: string;
  /** Defaults that differ from those of all: β 0.1, nothing else. */
  readonly defaults?: Partial<PreferenceSettings>;
  /** The settings that it reads; others are refused. */
  readonly reads: readonly (keyof PreferenceSettings)[];
  /** Whether it compares with the base. */
  readonly reference: boolean;
  /** Whether it looks at answers to other prompts (KTO). */
  readonly mismatched?: true;
  /** Whether it learns chosen rows as text, too (ORPO). */
  readonly text?: true;
  /** Whether answers may come by themselves, good or bad, rather than in pairs. */
  readonly single?: true;
  /** The loss of each pair, [pairs], or of each answer. */
  losses(pairs: ScoredPairs, settings: PreferenceSettings): tf.Tensor1D;
  /** What each answer is worth to it, [answers]; what accuracy and margin are counted by. */
  rewards(answers: AnswerScores, settings: PreferenceSettings): tf.Tensor1D;
}
