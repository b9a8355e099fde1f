// Dropout (Srivastava et al. 2014) whose mask is a function of its key: a block recomputed in the backward pass, or a run
// resumed on another backend, drops the same entries. Nothing is saved for the gradient, which draws the mask again.

import * as tf from "@tensorflow/tfjs-core";
import { ArgumentError } from "../errors.ts";
import { applyDropout } from "../kernels/drop-entries.ts";
import { requireAlive } from "../kernels/require-alive.ts";
import type { DrawKey } from "../random/hash-key.ts";
import { accumulates } from "../tape/accumulate.ts";
import { withGradients } from "../tape/with-gradients.ts";

/**
 * Sets each entry of x to 0 with probability `rate` and divides the others by 1 − rate. Any shape.
 *
 * The actual rate is the multiple of 1/256 nearest to `rate` if that is within 2 % of it (26/256 for 0.1), else the multiple of
 * 1/65536, but not 0 for a rate above 0. The divisor has the actual rate, so that the expectation is exactly x. At rate 0
 * nothing is drawn and x is returned unchanged (as a new handle). Differentiable. Throws ArgumentError unless 0 ≤ rate < 1.
 *
 * @example
 * ```ts
 * import { dropout } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const y = dropout(tf.ones([8]), 0.5, { seed: 7, step: 0, microStep: 0, path: "h.0" }); // zeros and twos
 * ```
 */
export function dropout(x: tf.Tensor, rate: number, key: DrawKey): tf.Tensor {
  checkRate("dropout", rate);
  requireAlive({ x });
  if (rate === 0) return tf.clone(x);
  return withGradients({
    inputs: { x },
    forward: () => ({ value: applyDropout(x, { rate, key }), saved: [] }),
    backward: (dy) => ({ x: accumulates((soFar) => applyDropout(dy, { rate, key }, soFar)) }),
  });
}

/** Throws ArgumentError unless 0 ≤ rate < 1. */
export function checkRate(where: string, rate: number): void {
  if (!(rate >= 0 && rate < 1)) throw new ArgumentError(where, "rate", rate, "a number from 0 to below 1");
}
