// ReLU, also one with a largest value: the gradient can tell from the output where it acts, and the output is kept anyway by
// the layer that reads it.

import { withGradients } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { type ForeignLayer, fieldOf, onlyTensor } from "../foreign-layer.ts";
import type { LayerKind } from "../layer-kind.ts";

export const rectifier: LayerKind = {
  outlines: () => [],
  call: (call) => {
    const x = onlyTensor(call.inputs);
    const most = ceilingOf(call.layer);
    if (most === undefined) return call.original(x, call.settings);
    return withGradients({
      inputs: { x },
      forward: () => {
        const value = onlyTensor(call.original(x, call.settings));
        return { value, saved: [value] };
      },
      backward: (dy, [y]) => ({
        x: () => tf.tidy(() => tf.mul(dy, tf.cast(isBetween(y, most), "float32"))),
      }),
    });
  },
  isFrozenByUs: true,
};

/** The largest value that comes out; undefined for a layer that is no rectifier. */
function ceilingOf(layer: ForeignLayer): number | undefined {
  const most = fieldOf(layer, "maxValue");
  if (layer.getClassName() === "ReLU") return typeof most === "number" ? most : Number.POSITIVE_INFINITY;
  return new Map<unknown, number>([
    ["relu", Number.POSITIVE_INFINITY],
    ["relu6", 6],
  ]).get(fieldOf(layer, "activation"));
}

function isBetween(y: tf.Tensor, most: number): tf.Tensor {
  const isPositive = tf.greater(y, 0);
  return most === Number.POSITIVE_INFINITY ? isPositive : tf.logicalAnd(isPositive, tf.less(y, most));
}
