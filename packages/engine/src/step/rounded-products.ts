// Callers that may trade exactness for speed wrap their calls in this: generation does, training and measuring never.

let isAllowed = false;

/**
 * Runs `compute`, whose products with a matrix of blocks may round their other factor to 8 bits a number, each 32 with a scale
 * of their own (rms error of a product: 4e-3), where the engine has such products. They read the blocks as they lie instead
 * of decoding them first, which with one row takes a tenth of the time. Products inside a gradient stay exact. `compute` must
 * be synchronous.
 *
 * @example
 * ```ts
 * import { frozenLinear, FrozenWeight, packNormalFloat4, withRoundedProducts } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const weight = FrozenWeight.fromTransposed(packNormalFloat4(Float32Array.of(1, -0.5), { rows: 1, columns: 2 }));
 * const y = withRoundedProducts(() => frozenLinear(tf.ones([1, 2]), weight));
 * y.dispose();
 * weight.dispose();
 * ```
 */
export function withRoundedProducts<T>(compute: () => T): T {
  const before = isAllowed;
  isAllowed = true;
  try {
    return compute();
  } finally {
    isAllowed = before;
  }
}

/** Whether a product may round now. */
export function mayRoundProducts(): boolean {
  return isAllowed;
}
