// A layer whose output is multiplied by a number (Granite), or by a learned factor for each feature (Touvron et al. 2021).

import type { ParameterSlot } from "@lowrank/engine/hook-points";
import { computeByRows } from "@lowrank/engine/hook-points/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Layer, Pass } from "./pass.ts";
import { planned, planOf } from "./planned.ts";

/** The layer times the factor; the layer itself if there is none. */
export function scaledLayer(layer: Layer, factor: number | null): Layer {
  if (factor === null) return layer;
  return planned(
    (hidden: tf.Tensor, pass: Pass) => tf.tidy(() => tf.mul(layer(hidden, pass), factor)),
    (x, plan, context) => plan.scale(planOf(layer)(x, plan, context), factor),
  );
}

/** `scales` is [width]. */
export function learnedScale(layer: Layer, scales: ParameterSlot): Layer {
  return (hidden, pass) =>
    tf.tidy(() => {
      const call = { x: layer(hidden, pass), context: pass.context, path: scales.path, hookPoints: [scales] };
      return computeByRows(call, (rows, context) => tf.mul(rows, scales.value(context)));
    });
}
