// A layer whose output is multiplied by a number (Granite).

import * as tf from "@tensorflow/tfjs-core";
import type { Layer } from "./pass.ts";

/** The layer itself where there is no factor. */
export function scaledLayer(layer: Layer, factor: number | null): Layer {
  if (factor === null) return layer;
  return (hidden, pass) => tf.tidy(() => tf.mul(layer(hidden, pass), factor));
}
