// Dense: x·W + b on the last axis of x.

import * as tf from "@tensorflow/tfjs-core";
import type { LayerKind } from "../layer-kind.ts";
import { callByOutput } from "./by-output.ts";
import { plainView } from "./generic-layer.ts";

export const dense: LayerKind = {
  outlines: (_layer, variables) => {
    const shape = variables.get("kernel")!.read().shape;
    return [
      { kind: "linear", weight: "kernel", view: plainView(shape), bias: variables.has("bias") ? "bias" : undefined },
    ];
  },
  call: (call) =>
    callByOutput(call, { weight: "kernel", inputGradient: (_call, { dy, x, weight }) => throughMatrix(dy, x, weight) }),
  replacesInTraining: true,
};

/** dy·Wᵀ for W [inFeatures, outFeatures], in x's shape. */
export function throughMatrix(dy: tf.Tensor, x: readonly number[], weight: tf.Tensor): tf.Tensor {
  const [inFeatures = 0, outFeatures = 0] = weight.shape.slice(-2);
  const rows = tf.reshape<tf.Rank.R2>(dy, [dy.size / outFeatures, outFeatures]);
  const matrix = tf.reshape<tf.Rank.R2>(weight, [inFeatures, outFeatures]);
  return tf.reshape(tf.matMul(rows, matrix, false, true), [...x]);
}
