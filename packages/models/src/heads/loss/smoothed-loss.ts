// The loss of logits against labels, with as much of the labels' targets smoothed as the call asks for while it trains.

import type { ForwardContext } from "@lowrank/contracts";
import { crossEntropy, labelMargin } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";

/** The share of a target that goes to all classes. */
export function smoothingOf({ training, labelSmoothing = 0 }: ForwardContext): number {
  return training ? labelSmoothing : 0;
}

/** The sum over logits [rows, classes] of the rows whose label is not negative. */
export function smoothedLoss(logits: tf.Tensor2D, labels: tf.Tensor1D, smoothing: number): tf.Scalar {
  const loss = tf.reshape<tf.Rank.R0>(crossEntropy(logits, labels, "sum"), []);
  return smoothing === 0 ? loss : tf.add(loss, tf.mul(labelMargin(logits, labels), smoothing));
}
