// Stochastic depth (Huang et al. 2016): in training, a layer's output is dropped for whole rows of the batch.

import * as tf from "@tensorflow/tfjs-core";
import type { Layer } from "./pass.ts";

/** The layer itself if nothing is ever dropped; otherwise the kept rows are scaled up for the dropped ones. */
export function dropPath(layer: Layer, rate: number, path: string): Layer {
  if (rate === 0) return layer;
  return (hidden, pass) => {
    const { context } = pass;
    if (!context.training) return layer(hidden, pass);
    return tf.tidy(() => {
      const added = layer(hidden, pass);
      return tf.mul(added, pass.drop(tf.ones([added.shape[0] ?? 0, 1, 1]), rate, path));
    });
  };
}
