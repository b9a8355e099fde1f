// The loss of each supervised position by itself, some rows at a time. What a loss makes of these numbers is not known while they
// are computed, so that their gradient is: a chunk's logits are made once forward and once more backward, and never all at once.

import { crossEntropy, differentiate, withGradients } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { AdaptedHead } from "./adapted-head-loss.ts";
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
      const gradients = gradientsOf({ ...rows, hidden, targets }, { head, variables, dy });
      return Object.fromEntries(names.map((name, index) => [name, () => tf.clone(gradients[index] ?? dy)]));
    },
  });
  return losses as tf.Tensor1D;
}

function gradientsOf(
  rows: SupervisedRows,
  { head, variables, dy }: { head: AdaptedHead; variables: readonly tf.Variable[]; dy: tf.Tensor },
): readonly tf.Tensor[] {
  return tf.tidy(() => {
    const slopes: tf.Tensor[] = []; // of the hidden states
    let totals: readonly tf.Tensor[] = []; // of the variables
    for (const chunk of chunksOf(rows)) {
      const [slope, ...ofVariables] = tf.tidy(() => {
        const hidden = chunk.hidden();
        const weights = tf.slice(dy, chunk.first, hidden.shape[0]);
        const targets = [hidden, ...variables];
        const { gradients } = differentiate(() => tf.sum(tf.mul(lossesOf(hidden, chunk, head), weights)), targets);
        const own = targets.map((target, index) => gradients[index] ?? tf.zerosLike(target));
        return own.map((gradient, index) => (index === 0 ? gradient : tf.add(gradient, totals[index - 1] ?? 0)));
      });
      if (slope !== undefined) slopes.push(slope);
      totals = ofVariables;
    }
    return [tf.concat(slopes, 0), ...totals];
  });
}

function lossesOf(hidden: tf.Tensor2D, chunk: Chunk, head: AdaptedHead): tf.Tensor {
  return crossEntropy(head.logits(hidden, chunk.first) as tf.Tensor2D, chunk.targets(), "none");
}
