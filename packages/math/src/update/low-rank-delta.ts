// Computes the update of a weight from A and B.

import * as tf from "@tensorflow/tfjs-core";
import { matrixShapeError } from "../errors.ts";
import { toAB, type Update } from "./factor.ts";

/**
 * ΔW = scale·A·B as [inFeatures, outFeatures], for A [inFeatures, rank] and B [rank, outFeatures].
 *
 * The caller owns it. Throws MATRIX_SHAPE_MISMATCH.
 *
 * @example
 * ```ts
 * import { lowRankDelta } from "@lowrank/math";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const delta = lowRankDelta(tf.tensor2d([[1], [2]]), tf.tensor2d([[3, 4]]), 10); // [[30, 40], [60, 80]]
 * delta.dispose();
 * ```
 */
export function lowRankDelta(a: tf.Tensor2D, b: tf.Tensor2D, scale: number): tf.Tensor2D {
  if (a.shape[1] !== b.shape[0])
    throw matrixShapeError("lowRankDelta", a.shape, b.shape, "[inFeatures, rank] and [rank, outFeatures]");
  // The smaller factor is scaled, which rounds less than scaling the product, and is less work.
  return tf.tidy(() => (a.size < b.size ? tf.matMul(tf.mul(a, scale), b) : tf.matMul(a, tf.mul(b, scale))));
}

/** The update of a weight [inFeatures, outFeatures]: scale·F₁·F₂·…, minus scale·a·b if A and B replace a part of the weight. The caller owns it. */
export function loraDelta(update: Update, scale: number): tf.Tensor2D {
  return tf.tidy(() => {
    const { a, b } = toAB(update);
    const whole = lowRankDelta(a, b, scale);
    const { baseChange } = update;
    return baseChange?.kind === "subtracted" ? tf.sub(whole, lowRankDelta(baseChange.a, baseChange.b, scale)) : whole;
  });
}
