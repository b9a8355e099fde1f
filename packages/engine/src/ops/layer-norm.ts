// Layer normalization (Ba et al. 2016) over the last axis. Saves x and two numbers a row; the normalized values, as
// large as x, are recomputed.

import * as tf from "@tensorflow/tfjs-core";
import { runCustomKernel, runSingleOutputKernel } from "../kernels/custom-kernel.ts";
import { checkVector, flattenRows, lastAxis } from "../rows.ts";
import { accumulates } from "../tape/accumulate.ts";
import { recomputedFrom } from "../tape/recomputed-tensors.ts";
import { withGradients } from "../tape/with-gradients.ts";

/**
 * (x − mean)/√(variance + epsilon)·gain + bias over the last axis, for x [..., features], gain and bias [features].
 *
 * Differentiable for x, gain and bias. Throws SHAPE_MISMATCH.
 *
 * @example
 * ```ts
 * import { layerNorm } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const y = layerNorm(tf.tensor2d([[1, 3]]), tf.ones([2]), tf.zeros([2]), 0); // [[-1, 1]]
 * ```
 */
export function layerNorm(x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor, epsilon: number): tf.Tensor {
  checkVector("layerNorm's gain", gain, lastAxis(x));
  checkVector("layerNorm's bias", bias, lastAxis(x));
  const result = withGradients({
    inputs: { x, gain, bias },
    forward: () => {
      const { value, mean, inverse } = normalize({ x, gain, bias }, epsilon);
      return { value, saved: [x, gain, mean, inverse] };
    },
    backward: (dy, [x, gain, mean, inverse]) => {
      const normalized = () => tf.mul(tf.sub(x, mean), inverse);
      return {
        x: accumulates((soFar) => {
          const inputs = { dy, x, gain, mean, inverse, ...(soFar && { term: soFar }) };
          const fused = runSingleOutputKernel("LowrankLayerNormGradient", inputs);
          if (fused !== undefined) return fused;
          const forX = normalizedGradient(tf.mul(dy, gain), normalized(), inverse);
          return soFar === undefined ? forX : tf.add(soFar, forX);
        }),
        gain: () => tf.sum(flattenRows(tf.mul(dy, normalized())), 0),
        bias: () => tf.sum(flattenRows(dy), 0),
      };
    },
  });
  return recomputedFrom(result, [x, gain, bias], ([x, gain, bias]) => normalize({ x, gain, bias }, epsilon).value);
}

/** The result, and of each row the mean and one over the deviation, [..., 1]. */
function normalize(inputs: Readonly<Record<"x" | "gain" | "bias", tf.Tensor>>, epsilon: number) {
  const [value, kernelMean, kernelInverse] = runCustomKernel("LowrankLayerNorm", inputs, { epsilon }) ?? [];
  if (value && kernelMean && kernelInverse) return { value, mean: kernelMean, inverse: kernelInverse };
  const { x, gain, bias } = inputs;
  const mean = tf.mean(x, -1, true);
  const centred = tf.sub(x, mean);
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  return { value: tf.add(tf.mul(tf.mul(centred, inverse), gain), bias), mean, inverse };
}

/** Removes from a gradient its mean and its part along the normalized values: neither can change the output. */
function normalizedGradient(gradient: tf.Tensor, normalized: tf.Tensor, inverse: tf.Tensor): tf.Tensor {
  const along = tf.mul(normalized, tf.mean(tf.mul(gradient, normalized), -1, true));
  return tf.mul(inverse, tf.sub(tf.sub(gradient, tf.mean(gradient, -1, true)), along));
}
