// The loss of each supervised position of an adapted head, some rows at a time: a chunk's logits are computed once forward and once
// backward, never all at once.

import { crossEntropy } from "@lowrank/engine";
import { recompute } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { AdaptedHead } from "./adapted-head-loss.ts";
import { chunksOf, type SupervisedRows } from "./chunks.ts";

/** −log p(target) of each row, [rows]; differentiable for the hidden states and the head's variables. Call it inside a tidy. */
export function positionLosses(rows: SupervisedRows, head: AdaptedHead): tf.Tensor1D {
  const variables = [...new Set(head.variables)].filter(({ trainable }) => trainable);
  const losses = chunksOf(rows).map((chunk) => {
    const compute = (...[hidden, targets]: tf.Tensor[]) =>
      crossEntropy(head.logits(hidden as tf.Tensor2D, chunk.first) as tf.Tensor2D, targets as tf.Tensor1D, "none");
    return recompute({ compute, inputs: [chunk.hidden()], constants: [chunk.targets()], variables });
  });
  return tf.concat(losses) as tf.Tensor1D;
}
