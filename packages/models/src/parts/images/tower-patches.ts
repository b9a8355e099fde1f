// The first states of CLIP's and SigLIP's images: patches, CLIP's behind a learnt state, with positions looked up in a table.

import type { ForwardContext } from "@lowrank/contracts";
import { type ConvolutionSite, computeByRows, type EmbeddingSite, type ParameterSlot } from "@lowrank/engine/doors";
import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../pass.ts";
import { projectPatches } from "./patch-embedding.ts";

export interface TowerPatchesOptions {
  readonly projection: ConvolutionSite;
  /** [width], in front of the patches. */
  readonly front: ParameterSlot | undefined;
  readonly positions: EmbeddingSite;
}

/** Returns [batch, patches, width], with one more state where there is a front. */
export function towerPatches({ projection, front, positions }: TowerPatchesOptions): (pass: Pass) => tf.Tensor {
  return (pass) =>
    tf.tidy(() => {
      const { context } = pass;
      const grid = projectPatches(projection, pass); // [batch, rows, columns, width]
      const [batch = 0, , , width = 0] = grid.shape;
      const patches = tf.reshape(grid, [batch, -1, width]);
      const states = front === undefined ? patches : behind(front, patches, context);
      const places = tf.tile(tf.expandDims(tf.range(0, states.shape[1] ?? 0, 1, "int32"), 0), [batch, 1]);
      return tf.add(states, positions.forward(places as tf.Tensor2D, context));
    });
}

function behind(front: ParameterSlot, patches: tf.Tensor, context: ForwardContext): tf.Tensor {
  const call = { x: patches, context, path: front.path, doors: [front] };
  return computeByRows(call, (rows, own) => {
    const [batch = 0] = rows.shape;
    return tf.concat([tf.tile(tf.reshape(front.value(own), [1, 1, -1]), [batch, 1, 1]), rows], 1);
  });
}
