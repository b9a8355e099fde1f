// A layer whose output is multiplied by a number (Granite), or by one for each feature that was learnt (Touvron et al. 2021).

import { computeByRows, type ParameterSlot } from "@lowrank/doors";
import * as tf from "@tensorflow/tfjs-core";
import type { Layer } from "./pass.ts";

/** The layer itself where there is no factor. */
export function scaledLayer(layer: Layer, factor: number | null): Layer {
  if (factor === null) return layer;
  return (hidden, pass) => tf.tidy(() => tf.mul(layer(hidden, pass), factor));
}

/** `scales` is [width]. */
export function learntScale(layer: Layer, scales: ParameterSlot): Layer {
  return (hidden, pass) =>
    tf.tidy(() => {
      const call = { x: layer(hidden, pass), context: pass.context, path: scales.path, doors: [scales] };
      return computeByRows(call, (rows, context) => tf.mul(rows, scales.value(context)));
    });
}
