// The term that label smoothing (Szegedy et al. 2016) adds to a cross-entropy: the label's own class has a target of 1 − ε, and all
// classes share ε. The loss then is the label's loss plus ε·(logit of the label − mean of all logits), so nothing of the vocabulary's
// size is computed a second time.

import * as tf from "@tensorflow/tfjs-core";
import type { FrozenWeight } from "../../frozen-weight.ts";
import { requireAlive } from "../../kernels/require-alive.ts";
import { checkLastAxis, checkVector } from "../../rows.ts";
import { withGradients } from "../../tape/with-gradients.ts";
import { checkLabels } from "./check-labels.ts";
import { checkRows, labelledEntries, logitGradient, rowWeights } from "./cross-entropy.ts";

/**
 * The sum of logits[label] − mean(logits) over the rows whose label is not negative, for logits [rows, classes] and int32
 * labels [rows]. Times ε, it is the term that smoothing adds to the sum of `crossEntropy`. Differentiable for the logits, once.
 * Throws SHAPE_MISMATCH and LabelError.
 */
export function labelMargin(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  checkRows("labelMargin", logits, labels);
  const classes = logits.shape[1];
  checkLabels("labelMargin", labels, classes);
  return tf.tidy(() => {
    const value = withGradients({
      inputs: { logits },
      forward: () => {
        const weights = rowWeights(labels, { reduction: "sum", classes });
        const margins = tf.sub(labelledEntries(logits, labels), tf.mean(logits, 1));
        return { value: tf.sum(tf.mul(margins, weights)), saved: [labels, weights] };
      },
      // The gradient of cross-entropy for equal logits is 1/classes − onehot.
      backward: (dy, [labels, weights]) => ({
        logits: () => tf.neg(logitGradient(tf.zeros(logits.shape), labels, tf.mul(weights, dy))),
      }),
    });
    return tf.reshape<tf.Rank.R0>(value, []);
  });
}

/**
 * `labelMargin` of hidden·head + bias without making these logits: hidden [rows, features], head [features, classes], labels
 * [rows], bias [classes]. Differentiable for hidden, once. Throws SHAPE_MISMATCH and LabelError.
 */
export function linearLabelMargin(
  hidden: tf.Tensor2D,
  head: FrozenWeight,
  labels: tf.Tensor1D,
  bias?: tf.Tensor,
): tf.Scalar {
  checkRows("linearLabelMargin", hidden, labels);
  checkLastAxis("linearLabelMargin", hidden, head.inFeatures);
  const classes = head.outFeatures;
  if (bias !== undefined) checkVector("linearLabelMargin's bias", bias, classes);
  requireAlive({ bias });
  checkLabels("linearLabelMargin", labels, classes);
  return tf.tidy(() => {
    const value = withGradients({
      inputs: { hidden },
      forward: () => {
        const weights = rowWeights(labels, { reduction: "sum", classes });
        const ids = tf.maximum<tf.Tensor1D>(labels, tf.scalar(0, "int32"));
        const mean = head.multiplyTransposed(tf.fill([1, classes], 1 / classes)); // [1, features]
        const directions = tf.mul(tf.sub(head.rows(ids), mean), tf.expandDims(weights, 1)); // [rows, features]
        const ofHidden = tf.sum(tf.mul(hidden, directions));
        if (bias === undefined) return { value: ofHidden, saved: [directions] };
        const ofBias = tf.sum(tf.mul(tf.sub(tf.gather(bias, ids), tf.mean(bias)), weights));
        return { value: tf.add(ofHidden, ofBias), saved: [directions] };
      },
      backward: (dy, [directions]) => ({ hidden: () => tf.mul(directions, dy) }),
    });
    return tf.reshape<tf.Rank.R0>(value, []);
  });
}
