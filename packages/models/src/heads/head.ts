// Turns the last hidden states into answers, and answers into a loss.

import type { ProblemType } from "@lowrank/contracts/families";
import type * as tf from "@tensorflow/tfjs-core";
import { ModelInputError } from "../errors.ts";
import type { Pick } from "../parts/backbone/stages.ts";
import type { Pass } from "../parts/pass.ts";
import type { Planned } from "../parts/planned.ts";
import type { AdaptedHead } from "./loss/adapted-head-loss.ts";
import type { SupervisedRows } from "./loss/chunks.ts";

/** A loss before the division, so that batches of different sizes can be added up exactly. */
export interface LossSum {
  readonly sum: tf.Scalar;
  /** Labels that count: supervised tokens, rows, or numbers for a regression. */
  readonly count: number;
}

/** A head's predictions at the supervised positions, in their order. */
export type Answers =
  /** The likeliest class of each row or token, int32 [labels that count], and the right ones. */
  | { readonly kind: "classes"; readonly values: tf.Tensor1D; readonly targets: readonly number[] }
  /** Of regressions and yes-or-no labels: [batch, outputs]. */
  | {
      readonly kind: "outputs";
      readonly values: tf.Tensor2D;
      readonly problem: Exclude<ProblemType, "single_label_classification">;
    }
  /** How likely an answer starts and ends at each token: logits [batch, time, 2]. */
  | { readonly kind: "places"; readonly values: tf.Tensor };

/** A loss and the answers that it judges. */
export interface Measurement extends LossSum {
  /** Absent if no label counts, or if the head has no predictions. */
  readonly answers?: Answers | undefined;
}

export interface Head extends Planned {
  /** The states that an answer is read from; absent: all are. */
  reads?(pass: Pass): Pick | undefined;
  /** These states, or all, [batch, time, width] → logits; without a head, the states themselves. */
  forward(states: tf.Tensor, pass: Pass): tf.Tensor;
  /** The loss that transformers defines for the task; labels are checked before anything is computed. */
  losses(labels: tf.Tensor, pass: Pass): Losses;
  /** Of a head over the vocabulary: the loss of each label that counts, by itself, of logits divided by `temperature`. */
  positionLosses?(labels: tf.Tensor, pass: Pass, temperature: number): PositionLosses;
}

/** Losses, one for each label that counts, of states that are still to be computed. */
export interface PositionLosses {
  readonly pick?: Pick | undefined;
  /** The position of each prediction, among all batch·time positions. */
  readonly positions: readonly number[];
  /** −log p of each label, [positions], of the states that `pick` kept. */
  of(states: tf.Tensor): tf.Tensor1D;
}

/** A loss of states that are still to be computed. */
export interface Losses {
  /** Keeps the states that it reads; absent: it reads all. */
  readonly pick?: Pick | undefined;
  /** Of the states that `pick` kept. */
  of(states: tf.Tensor): LossSum;
  /** The loss and the predictions from one computation without gradients; absent if the head has no predictions. */
  measured?(states: tf.Tensor): Measurement;
  /** Of a head over the vocabulary: the states that labels are predicted from, for losses of their logits. */
  rows?(states: tf.Tensor): HeadRows;
}

/** Supervised states, and how some of them become logits. */
export interface HeadRows extends SupervisedRows {
  readonly head: AdaptedHead;
}

export function tensorsOf({ sum, answers }: Measurement): tf.NamedTensorMap {
  return answers === undefined ? { sum } : { sum, answers: answers.values };
}

/** How likely labels are. */
export interface LabelLogProbs {
  /** [labels] */
  readonly values: tf.Tensor1D;
  /** Of the states that predict them, among all batch·time. */
  readonly positions: readonly number[];
}

/** How log-probabilities of labels are computed. */
export interface LogProbOptions {
  /** Divides logits, as for sampling; default 1. */
  readonly temperature?: number | undefined;
  /**
   * Computes the common beginning of several rows of a causal model once; dropout is then the same for all of them. Not for adapters
   * that act only after certain tokens, which throw PlacesMissingError. Default false.
   */
  readonly sharesTokens?: boolean | undefined;
}

/** The base model alone: its answer is its last hidden states. */
export const noHead: Head = {
  forward: (hidden) => hidden,
  losses: () => {
    throw new ModelInputError("labels", "a model without a head has no loss; load it with a task");
  },
};
