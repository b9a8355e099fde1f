// The loss of each supervised position, some rows at a time. The function that combines these losses is unknown here, so
// their gradient comes later: a chunk's logits are computed once forward and once backward, never all at once.

import { crossEntropy, withGradients } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { type AdaptedHead, sumAndGradients } from "./adapted-head-loss.ts";
import { type Chunk, chunksOf, type SupervisedRows } from "./chunks.ts";

/** −log p(target) of each row, [rows]; differentiable for the hidden states and the head's variables. */
export function positionLosses(rows: SupervisedRows, head: AdaptedHead): tf.Tensor1D {
  const variables = [...new Set(head.variables)].filter(({ trainable }) => trainable);
  const inputs = [rows.hidden, ...variables];
  const names = inputs.map((_, index) => `input${index}`);
  const losses = withGradients({
    inputs: Object.fromEntries(inputs.map((input, index) => [names[index], input])),
    forward: () => {
      const value = tf.concat(chunksOf(rows).map((chunk) => tf.tidy(() => lossesOf(chunk.hidden(), chunk, head))));
      return { value, saved: [rows.hidden, rows.targets] };
    },
    backward: (dy, [hidden, targets]) => {
      const gradients = tf.tidy(() => {
        const lossOf = (logits: tf.Tensor2D, { first, targets: own }: Chunk) =>
          tf.sum<tf.Scalar>(tf.mul(crossEntropy(logits, own(), "none"), tf.slice(dy, first, logits.shape[0])));
        return [...sumAndGradients({ ...rows, hidden, targets }, { ...head, lossOf }, variables).gradients];
      });
      return Object.fromEntries(names.map((name, index) => [name, () => tf.clone(gradients[index] ?? dy)]));
    },
  });
  return losses as tf.Tensor1D;
}

function lossesOf(hidden: tf.Tensor2D, chunk: Chunk, head: AdaptedHead): tf.Tensor {
  return crossEntropy(head.logits(hidden, chunk.first) as tf.Tensor2D, chunk.targets(), "none");
}
