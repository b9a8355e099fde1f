// The interface of a head: logits and losses from the last hidden states.

import type { ProblemType } from "@lowrank/contracts/families/internal";
import type * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import type { StateSelection } from "../parts/backbone/stages.ts";
import type { Pass } from "../parts/pass.ts";
import type { Planned } from "../parts/planned.ts";
import type { AdaptedHead } from "./loss/adapted-head-loss.ts";
import type { SupervisedRows } from "./loss/chunks.ts";

/** A loss before the division, so that batches of different sizes can be added up exactly. */
export interface LossSum {
  readonly sum: tf.Scalar;
  /** Number of supervised labels: tokens or rows; for a regression, numbers. */
  readonly count: number;
}

/** A head's predictions at the supervised positions, in their order. */
export type HeadPredictions =
  /** The likeliest class of each supervised row or token, int32 [count], and the labels. */
  | { readonly kind: "classes"; readonly values: tf.Tensor1D; readonly targets: readonly number[] }
  /** Regression and multi-label: [batch, outputs]. */
  | {
      readonly kind: "outputs";
      readonly values: tf.Tensor2D;
      readonly problem: Exclude<ProblemType, "single_label_classification">;
    }
  /** How likely an answer starts and ends at each token: logits [batch, time, 2]. */
  | { readonly kind: "spans"; readonly values: tf.Tensor };

/** A loss and the answers that it judges. */
export interface Measurement extends LossSum {
  /** Absent if no label is supervised, or if the head has no predictions. */
  readonly answers?: HeadPredictions | undefined;
}

/** Computes a task's logits and losses from the last hidden states. */
export interface Head extends Planned {
  /** Selects the states that the head reads; absent: all. */
  reads?(pass: Pass): StateSelection | undefined;
  /** The picked states, or all states [batch, time, width] → logits. Without a head: the states. */
  forward(states: tf.Tensor, pass: Pass): tf.Tensor;
  /** The loss that transformers defines for the task; labels are checked before anything is computed. */
  losses(labels: tf.Tensor, pass: Pass): HeadLoss;
  /** Vocabulary heads: the loss of each supervised label, from logits divided by `temperature`. */
  positionLosses?(labels: tf.Tensor, pass: Pass, temperature: number): PositionLosses;
}

/** One loss for each supervised label; the caller computes the states first. */
export interface PositionLosses {
  readonly pick?: StateSelection | undefined;
  /** The index of each prediction among batch·time positions. */
  readonly positions: readonly number[];
  /** −log p of each label, [positions], from the states that `pick` selected. */
  of(states: tf.Tensor): tf.Tensor1D;
}

/** A loss; the caller computes the states first. */
export interface HeadLoss {
  /** Selects the states that the loss reads; absent: all. */
  readonly pick?: StateSelection | undefined;
  /** From the states that `pick` selected. */
  of(states: tf.Tensor): LossSum;
  /** The loss and the predictions from one computation without gradients; absent if the head has no predictions. */
  measured?(states: tf.Tensor): Measurement;
  /** Vocabulary heads: the supervised states, for losses that need their logits. */
  rows?(states: tf.Tensor): HeadRows;
}

/** Supervised states, and how some of them become logits. */
export interface HeadRows extends SupervisedRows {
  readonly head: AdaptedHead;
}

/** The tensors of a measurement, for their disposal or download. */
export function tensorsOf({ sum, answers }: Measurement): tf.NamedTensorMap {
  return answers === undefined ? { sum } : { sum, answers: answers.values };
}

/** Log-probabilities of labels. */
export interface LabelLogProbs {
  /** [labels] */
  readonly values: tf.Tensor1D;
  /** Indices of the states that predict them, among batch·time. */
  readonly positions: readonly number[];
}

/** How log-probabilities of labels are computed. */
export interface LogProbOptions {
  /** Divides logits, as for sampling; default 1. */
  readonly temperature?: number | undefined;
  /**
   * Computes the common beginning of several rows of a causal model once; dropout is then the same for all of them. Not for adapters
   * that act only after certain tokens, which throw PLACES_MISSING. Default false.
   */
  readonly sharesPrefix?: boolean | undefined;
}

/** The base model alone: its answer is its last hidden states. */
export const noHead: Head = {
  forward: (hidden) => hidden,
  losses: () => {
    throw modelInputError("labels", "a model without a head has no loss; load it with a task");
  },
};
