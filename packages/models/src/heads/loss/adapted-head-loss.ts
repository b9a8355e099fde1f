// The loss of a head that an adapter changes, some rows at a time: [rows, classes] never exists whole.

import { differentiate } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { type Chunk, chunksOf, type SupervisedRows } from "./chunks.ts";
import { type KnownGradients, sumWithGradients } from "./known-gradients.ts";
import { smoothedLoss } from "./smoothed-loss.ts";

export interface AdaptedHead {
  /** All trainable tensors that `logits` uses. */
  readonly variables: readonly tf.Variable[];
  /** Label smoothing: the share of a target that is spread over all classes. */
  readonly smoothing: number;
  /** hidden [size, features] of the rows from `first` on → [size, classes]. */
  logits(hidden: tf.Tensor2D, first: number): tf.Tensor;
  /** The sum of the losses of a chunk's rows; default: the labels' cross-entropy. */
  lossOf?(logits: tf.Tensor2D, chunk: Chunk): tf.Scalar;
}

/** The sum over all rows, differentiable for the hidden states and the variables. */
export function adaptedHeadLoss(rows: SupervisedRows, head: AdaptedHead): tf.Scalar {
  const variables = [...new Set(head.variables)].filter(({ trainable }) => trainable);
  return sumWithGradients([rows.hidden, ...variables], (isDifferentiated) =>
    isDifferentiated ? sumAndGradients(rows, head, variables) : { sum: sumOf(rows, head), gradients: [] },
  );
}

function sumOf(rows: SupervisedRows, head: AdaptedHead): tf.Tensor {
  return tf.addN(chunksOf(rows).map((chunk) => tf.tidy(() => lossOf(chunk.hidden(), chunk, head))));
}

/** The loss, and the gradients of the hidden states and the variables, computed for some rows at a time. */
function sumAndGradients(rows: SupervisedRows, head: AdaptedHead, variables: readonly tf.Variable[]): KnownGradients {
  const sums: tf.Tensor[] = [];
  const grads: tf.Tensor[] = []; // of the hidden states
  let totals: tf.Tensor[] = []; // of the variables
  for (const chunk of chunksOf(rows)) {
    const [sum, grad, ...ofVariables] = tf.tidy(() => {
      const hidden = chunk.hidden();
      const targets = [hidden, ...variables];
      const { value, gradients } = differentiate(() => lossOf(hidden, chunk, head), targets);
      return [value, ...targets.map((target, index) => gradients[index] ?? tf.zerosLike(target))];
    });
    if (sum !== undefined) sums.push(sum);
    if (grad !== undefined) grads.push(grad);
    totals = totals.length === 0 ? ofVariables : totals.map((total, index) => replaced(total, ofVariables[index]));
  }
  return { sum: tf.addN(sums), gradients: [tf.concat(grads, 0), ...totals] };
}

/** The sum of both tensors, which are disposed of. */
function replaced(total: tf.Tensor, added: tf.Tensor | undefined): tf.Tensor {
  if (added === undefined) return total;
  const sum = tf.add(total, added);
  tf.dispose([total, added]);
  return sum;
}

function lossOf(hidden: tf.Tensor2D, chunk: Chunk, head: AdaptedHead): tf.Tensor {
  const logits = head.logits(hidden, chunk.first) as tf.Tensor2D;
  return head.lossOf?.(logits, chunk) ?? smoothedLoss(logits, chunk.targets(), head.smoothing);
}
