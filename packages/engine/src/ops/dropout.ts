// Dropout (Srivastava et al. 2014) whose mask is a function of its key: a block recomputed during backward, or a run
// resumed on another backend, drops the same entries.

import * as tf from "@tensorflow/tfjs-core";
import { ArgumentError } from "../errors.ts";
import { requireAlive } from "../kernels/require-alive.ts";
import { uniformValues } from "../random/draw.ts";
import type { DrawKey } from "../random/hash-key.ts";
import { withGradients } from "../tape/with-gradients.ts";

/**
 * Sets each entry of x to 0 with probability `rate` and divides the others by 1 − rate. Any shape.
 *
 * At rate 0 nothing is drawn and x comes back unchanged (as a new handle). Differentiable. Throws ArgumentError unless
 * 0 ≤ rate < 1.
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
  if (!(rate >= 0 && rate < 1)) throw new ArgumentError("dropout", "rate", rate, "a number from 0 up to but not 1");
  requireAlive({ x });
  if (rate === 0) return tf.clone(x);
  return withGradients({
    inputs: { x },
    forward: () => {
      const mask = tf.tensor(keptEntries(x.size, rate, key), x.shape);
      return { value: tf.mul(x, mask), saved: [mask] };
    },
    backward: (dy, [mask]) => ({ x: () => tf.mul(dy, mask) }),
  });
}

/** 1/(1 − rate) where an entry is kept, 0 where it is dropped. */
function keptEntries(count: number, rate: number, key: DrawKey): Float32Array {
  const values = uniformValues(count, key);
  const kept = 1 / (1 - rate);
  for (let index = 0; index < count; index++) values[index] = (values[index] ?? 0) < rate ? 0 : kept;
  return values;
}
