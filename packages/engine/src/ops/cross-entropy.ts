// Cross-entropy from integer labels, as torch defines it: rows labelled −100 do not count.

import * as tf from "@tensorflow/tfjs-core";
import { ShapeError } from "../errors.ts";
import { withGradients } from "./with-gradients.ts";

/** "mean" over the rows that count (0 if none does), their "sum", or "none": one loss a row, 0 where it does not count. */
export type Reduction = "mean" | "sum" | "none";

/**
 * −log softmax(logits)[label], for logits [rows, classes] and int32 labels [rows]; a negative label (−100) is ignored.
 *
 * Differentiable for the logits. Throws ShapeError.
 *
 * @example
 * ```ts
 * import { crossEntropy } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const loss = crossEntropy(tf.zeros([2, 4]), tf.tensor1d([3, -100], "int32")); // log 4: the second row is ignored
 * ```
 */
export function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D, reduction: Reduction = "mean"): tf.Tensor {
  checkRows("crossEntropy", logits, labels);
  return withGradients({
    inputs: { logits },
    forward: () => {
      const weights = rowWeights(labels, reduction);
      const losses = tf.mul<tf.Tensor1D>(rowLosses(logits, labels), weights); // [rows]
      return { value: reduction === "none" ? losses : tf.sum(losses), saved: [logits, labels, weights] };
    },
    backward: (dy, [logits, labels, weights]) => ({
      logits: () => logitGradient(logits, labels, tf.mul(weights, dy)),
    }),
  });
}

/** How much each row counts: 0 where ignored, elsewhere 1 or, for the mean, one over the number of rows that count. */
export function rowWeights(labels: tf.Tensor, reduction: Reduction): tf.Tensor1D {
  return tf.tidy(() => {
    const counted = tf.cast(tf.greaterEqual<tf.Tensor1D>(labels, 0), "float32");
    return reduction === "mean" ? tf.div<tf.Tensor1D>(counted, tf.maximum(tf.sum(counted), 1)) : counted;
  });
}

/** −log softmax(logits)[label] of each row; an ignored row gives that of class 0. No one-hot matrix is made. */
export function rowLosses(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  return tf.tidy(() => {
    const [rows, classes] = logits.shape;
    const starts = tf.mul(tf.range(0, rows, 1, "int32"), tf.scalar(classes, "int32"));
    const places = tf.add<tf.Tensor1D>(starts, tf.maximum(labels, tf.scalar(0, "int32")));
    const chosen = tf.gather(tf.reshape(logits, [rows * classes]), places);
    return tf.sub<tf.Tensor1D>(tf.logSumExp(logits, 1), chosen);
  });
}

/** (softmax(logits) − onehot(labels))·weights: the gradient of the weighted sum of `rowLosses`. */
export function logitGradient(logits: tf.Tensor2D, labels: tf.Tensor, weights: tf.Tensor): tf.Tensor2D {
  return tf.tidy(() => {
    const labelled = labelledEntries(labels, logits.shape[1]);
    return tf.mul<tf.Tensor2D>(tf.sub(tf.softmax(logits), labelled), tf.expandDims(weights, 1));
  });
}

/** 1 at each row's label, 0 elsewhere: [rows, classes]. A label of −100 gives a row of zeros. */
function labelledEntries(labels: tf.Tensor, classes: number): tf.Tensor {
  if (classes < 2) return tf.cast(tf.equal(tf.expandDims(labels, 1), 0), "float32"); // tf.oneHot refuses so few
  // Cast afterwards: tfjs-backend-wasm makes a float one-hot out of integer bits.
  return tf.cast(tf.oneHot(tf.cast(labels, "int32"), classes), "float32");
}

export function checkRows(where: string, rows: tf.Tensor, labels: tf.Tensor): void {
  if (rows.rank !== 2) throw new ShapeError(where, rows.shape, "two axes: rows and classes");
  if (labels.rank !== 1 || labels.shape[0] !== rows.shape[0])
    throw new ShapeError(`${where}'s labels`, labels.shape, `[${rows.shape[0]}]`);
}
