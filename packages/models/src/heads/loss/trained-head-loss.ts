// The loss of a head that is trained whole, some rows at a time. Only two tensors have the vocabulary's size: the gradient
// of the head's weight, which all rows add to, and the logits of these rows.

import { FrozenWeight } from "@lowrank/engine";
import { differentiate } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { type Chunk, chunksOf, type SupervisedRows } from "./chunks.ts";
import { type KnownGradients, sumWithGradients } from "./known-gradients.ts";
import { smoothedLoss } from "./smoothed-loss.ts";

export interface TrainedHead {
  /** [features, classes] */
  readonly weight: tf.Tensor2D;
  /** Added to the logits: [classes] */
  readonly bias?: tf.Tensor;
  /** Label smoothing: the share of a target that is spread over all classes. */
  readonly smoothing: number;
  /** Further operations on the logits [size, classes] before the loss. */
  finished(logits: tf.Tensor): tf.Tensor;
}

/** The sum over all rows, differentiable for the hidden states, the weight and the bias. */
export function trainedHeadLoss(rows: SupervisedRows, head: TrainedHead): tf.Scalar {
  const { weight, bias } = head;
  const inputs = [rows.hidden, weight, ...(bias === undefined ? [] : [bias])];
  return sumWithGradients(inputs, (isDifferentiated) =>
    isDifferentiated ? sumAndGradients(rows, head) : { sum: sumOf(rows, head), gradients: [] },
  );
}

function sumOf(rows: SupervisedRows, head: TrainedHead): tf.Tensor {
  return tf.addN(chunksOf(rows).map((chunk) => tf.tidy(() => lossOf(logitsOf(chunk.hidden(), head), chunk, head))));
}

function sumAndGradients(rows: SupervisedRows, head: TrainedHead): KnownGradients {
  const sums: tf.Tensor[] = [];
  const grads: tf.Tensor[] = []; // of the hidden states
  let forWeight: tf.Tensor | undefined;
  let forBias: tf.Tensor | undefined;
  for (const chunk of chunksOf(rows)) {
    const [soFar, biasSoFar] = [forWeight, forBias];
    const [sum, grad, total, biasTotal] = tf.tidy((): tf.Tensor[] => {
      const hidden = chunk.hidden();
      const [value, grad] = lossAndGradient(hidden, chunk, head);
      const ofBias = head.bias === undefined ? [] : [tf.sum(grad, 0), ...(biasSoFar === undefined ? [] : [biasSoFar])];
      return [
        value,
        tf.matMul(grad, head.weight, false, true),
        addProduct(hidden, grad, soFar),
        ...(ofBias.length === 0 ? [] : [tf.addN(ofBias)]),
      ];
    });
    tf.dispose([soFar, biasSoFar].filter((tensor) => tensor !== undefined));
    [forWeight, forBias] = [total, biasTotal];
    if (sum !== undefined) sums.push(sum);
    if (grad !== undefined) grads.push(grad);
  }
  const gradients = [tf.concat(grads, 0), forWeight, forBias].filter((tensor) => tensor !== undefined);
  return { sum: tf.addN(sums), gradients };
}

/** The loss and its gradient for the logits [size, classes]. */
function lossAndGradient(hidden: tf.Tensor2D, chunk: Chunk, head: TrainedHead): readonly [tf.Tensor, tf.Tensor2D] {
  const logits = logitsOf(hidden, head);
  const { value, gradients } = differentiate(() => lossOf(logits, chunk, head), [logits]);
  const [grad = tf.zerosLike(logits)] = gradients;
  logits.dispose();
  return [value, tf.reshape<tf.Rank.R2>(grad, logits.shape)];
}

function logitsOf(hidden: tf.Tensor2D, { weight, bias }: TrainedHead): tf.Tensor2D {
  return tf.tidy(() => {
    const product = tf.matMul<tf.Tensor2D>(hidden, weight);
    return bias === undefined ? product : tf.add<tf.Tensor2D>(product, bias);
  });
}

function lossOf(logits: tf.Tensor2D, chunk: Chunk, head: TrainedHead): tf.Tensor {
  return smoothedLoss(head.finished(logits) as tf.Tensor2D, chunk.targets(), head.smoothing);
}

/** hiddenᵀ·gradient + soFar, in the memory of `soFar` if the engine allows it: do not read `soFar` afterwards. */
function addProduct(hidden: tf.Tensor2D, grad: tf.Tensor2D, soFar: tf.Tensor | undefined): tf.Tensor2D {
  const transposed = tf.transpose<tf.Tensor2D>(hidden);
  return FrozenWeight.fromTransposed(grad).multiplyTransposed(transposed, soFar);
}
