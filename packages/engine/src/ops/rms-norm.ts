// Root-mean-square normalization (Zhang and Sennrich 2019) over the last axis, as LLaMA uses it.

import * as tf from "@tensorflow/tfjs-core";
import { runCustomKernel, runSingleOutputKernel } from "../kernels/custom-kernel.ts";
import { checkVector, flattenRows, lastAxis } from "../rows.ts";
import { accumulates } from "../tape/accumulate.ts";
import { recomputedFrom } from "../tape/recomputed-tensors.ts";
import { withGradients } from "../tape/with-gradients.ts";

/** Settings of `rmsNorm`. */
export interface RmsNormOptions {
  /** Added to the gain before multiplying: 1 for Gemma, whose files store gain − 1. Default 0. */
  readonly gainOffset?: number;
}

/**
 * x/√(mean(x²) + epsilon)·(gain + gainOffset) over the last axis, for x [..., features] and gain [features].
 *
 * Differentiable for x and gain. Throws SHAPE_MISMATCH.
 *
 * @example
 * ```ts
 * import { rmsNorm } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const y = rmsNorm(tf.tensor2d([[3, 3]]), tf.ones([2]), 0); // [[1, 1]]
 * ```
 */
export function rmsNorm(x: tf.Tensor, gain: tf.Tensor, epsilon: number, options: RmsNormOptions = {}): tf.Tensor {
  checkVector("rmsNorm's gain", gain, lastAxis(x));
  const { gainOffset = 0 } = options;
  const shift = (values: tf.Tensor) => (gainOffset === 0 ? values : tf.add(values, gainOffset));
  const normalize = (x: tf.Tensor, gain: tf.Tensor) => {
    const [value, kernelInverse] = runCustomKernel("LowrankRmsNorm", { x, gain }, { epsilon, gainOffset }) ?? [];
    if (value && kernelInverse) return { value, inverse: kernelInverse };
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon)); // [..., 1]
    return { value: tf.mul(tf.mul(x, inverse), shift(gain)), inverse };
  };
  const normalized = withGradients({
    inputs: { x, gain },
    forward: () => {
      const { value, inverse } = normalize(x, gain);
      return { value, saved: [x, gain, inverse] };
    },
    backward: (dy, [x, gain, inverse]) => ({
      x: accumulates((soFar) => {
        const inputs = { dy, x, gain, inverse, ...(soFar && { term: soFar }) };
        const fused = runSingleOutputKernel("LowrankRmsNormGradient", inputs, { gainOffset });
        if (fused !== undefined) return fused;
        const gradient = tf.mul(dy, shift(gain));
        const along = tf.mul(tf.mean(tf.mul(gradient, x), -1, true), tf.square(inverse)); // [..., 1]
        const forX = tf.mul(inverse, tf.sub(gradient, tf.mul(x, along)));
        return soFar === undefined ? forX : tf.add(soFar, forX);
      }),
      gain: () => tf.sum(flattenRows(tf.mul(dy, tf.mul(x, inverse))), 0),
    }),
  });
  return recomputedFrom(normalized, [x, gain], ([x, gain]) => normalize(x, gain).value);
}
