// The loss of logits against labels, with the call's label smoothing while training.

import type { ForwardContext } from "@lowrank/contracts";
import { crossEntropy } from "@lowrank/engine";
import { labelMargin } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";

/** Label smoothing: the share of a target that is spread over all classes. */
export function smoothingOf({ training, labelSmoothing = 0 }: ForwardContext): number {
  return training ? labelSmoothing : 0;
}

/** The sum over logits [rows, classes] of the rows whose label is not negative. */
export function smoothedLoss(logits: tf.Tensor2D, labels: tf.Tensor1D, smoothing: number): tf.Scalar {
  const loss = tf.reshape<tf.Rank.R0>(crossEntropy(logits, labels, "sum"), []);
  return smoothing === 0 ? loss : tf.add(loss, tf.mul(labelMargin(logits, labels), smoothing));
}
