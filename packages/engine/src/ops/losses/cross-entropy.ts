// Cross-entropy from integer labels, as torch defines it: rows labelled −100 do not count.

import * as tf from "@tensorflow/tfjs-core";
import { currentBackend } from "../../engines/backends.ts";
import { shapeError } from "../../errors.ts";
import { withGradients } from "../../tape/with-gradients.ts";
import { areLabelsOnGpu, checkLabels } from "./check-labels.ts";

/** "mean" over the rows that count (0 if none does), their "sum", or "none": one loss for each row, 0 if it does not count. */
export type Reduction = "mean" | "sum" | "none";

/**
 * −log softmax(logits)[label], for logits [rows, classes] and int32 labels [rows]; a negative label (−100) is ignored.
 *
 * Differentiable for the logits, once. Throws SHAPE_MISMATCH, and LabelError for a label that is not a class. On webgl and webgpu, where
 * checking labels would stall the GPU, such a label makes the loss NaN.
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
  const classes = logits.shape[1];
  checkLabels("crossEntropy", labels, classes);
  return withGradients({
    inputs: { logits },
    forward: () => {
      const weights = rowWeights(labels, { reduction, classes });
      const losses = tf.mul<tf.Tensor1D>(rowLosses(logits, labels), weights); // [rows]
      return { value: reduction === "none" ? losses : tf.sum(losses), saved: [logits, labels, weights] };
    },
    backward: (dy, [logits, labels, weights]) => ({
      logits: () => logitGradient(logits, labels, tf.mul(weights, dy)),
    }),
  });
}

interface Counting {
  readonly reduction: Reduction;
  readonly classes: number;
}

/** The weight of each row: 0 if ignored, otherwise 1 or, for the mean, one over the number of rows that count. */
export function rowWeights(labels: tf.Tensor1D, { reduction, classes }: Counting): tf.Tensor1D {
  return tf.tidy(() => {
    const counted = tf.cast(tf.greaterEqual<tf.Tensor1D>(labels, 0), "float32");
    const weights = reduction === "mean" ? tf.div<tf.Tensor1D>(counted, tf.maximum(tf.sum(counted), 1)) : counted;
    if (!areLabelsOnGpu()) return weights;
    return tf.where(tf.less(labels, classes), weights, tf.fill(weights.shape, Number.NaN));
  });
}

/** −log softmax(logits)[label] of each row; an ignored row gives that of class 0. */
export function rowLosses(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  return tf.tidy(() => tf.sub<tf.Tensor1D>(tf.logSumExp(logits, 1), labelledEntries(logits, labels)));
}

/**
 * (softmax(logits) − onehot(labels))·weights: the gradient of the weighted sum of `rowLosses`. Instead of a one-hot matrix, only the
 * labels' entries are changed afterwards.
 */
export function logitGradient(logits: tf.Tensor2D, labels: tf.Tensor1D, weights: tf.Tensor1D): tf.Tensor2D {
  return tf.tidy(() => {
    const columns = tf.expandDims(weights, 1);
    const weighted = tf.mul<tf.Tensor2D>(tf.softmax(logits), columns);
    if (logits.size === 0) return weighted;
    if (areIndicesFloats()) return tf.where(isLabel(logits, labels), tf.sub<tf.Tensor2D>(weighted, columns), weighted);
    const entries = tf.reshape(weighted, [logits.size]);
    const updates = tf.sub<tf.Tensor1D>(labelledEntries(weighted, labels), weights);
    return tf.reshape<tf.Rank.R2>(withEntries(entries, labelIndices(logits, labels), updates), logits.shape);
  });
}

/** x with replaced entries at some indices. */
function withEntries(x: tf.Tensor, indices: tf.Tensor1D, updates: tf.Tensor1D): tf.Tensor {
  if (!currentBackend()?.hasPoorScatter) return tf.tensorScatterUpdate(x, tf.expandDims(indices, 1), updates);
  // tfjs-backend-cpu's own sets all other entries to 0 if tfjs-core is loaded twice, as with tfjs-node, which has its own copy.
  const values = x.dataSync<"float32">().slice();
  const entries = updates.dataSync();
  for (const [row, index] of indices.dataSync().entries()) values[index] = entries[row] ?? 0;
  return tf.tensor(values, x.shape);
}

/** x[row, label] of each row; of an ignored row x[row, 0]: [rows]. */
export function labelledEntries(x: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  if (areIndicesFloats()) return tf.sum<tf.Tensor1D>(tf.where(isLabel(x, labels), x, tf.zerosLike(x)), 1);
  return tf.gather(tf.reshape(x, [x.size]), labelIndices(x, labels));
}

/** The index of each row's label among all entries. */
function labelIndices({ shape: [rows, classes] }: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  const starts = tf.mul(tf.range(0, rows, 1, "int32"), tf.scalar(classes, "int32"));
  return tf.add(starts, asClasses(labels, classes));
}

/** Which entries of x [rows, classes] are their row's label. */
function isLabel({ shape: [, classes] }: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor2D {
  const ids = tf.expandDims(asClasses(labels, classes), 1);
  return tf.equal<tf.Tensor2D>(tf.expandDims(tf.range(0, classes, 1, "int32"), 0), ids);
}

/** Class 0 if a row is ignored. */
function asClasses(labels: tf.Tensor1D, classes: number): tf.Tensor1D {
  const notNegative = tf.maximum<tf.Tensor1D>(labels, tf.scalar(0, "int32"));
  return areLabelsOnGpu() ? tf.minimum(notNegative, tf.scalar(classes - 1, "int32")) : notNegative;
}

/** webgl stores integers as floats, which are exact only up to 16 million, and its scatter compares every entry with every index. */
function areIndicesFloats(): boolean {
  return currentBackend()?.hasFloatIndices ?? false;
}

export function checkRows(where: string, rows: tf.Tensor, labels: tf.Tensor): void {
  if (rows.rank !== 2) throw shapeError(where, rows.shape, "two axes: rows and classes");
  if (labels.rank !== 1 || labels.shape[0] !== rows.shape[0])
    throw shapeError(`${where}'s labels`, labels.shape, `[${rows.shape[0]}]`);
}
