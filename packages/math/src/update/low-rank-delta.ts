// What a pair adds to the weight it adapts.

import * as tf from "@tensorflow/tfjs-core";
import { PairShapeError } from "../errors.ts";
import { halvesOf, type Update } from "./factor.ts";

/**
 * ΔW = scale·A·B as [inFeatures, outFeatures], for A [inFeatures, rank] and B [rank, outFeatures].
 *
 * The caller owns it. Throws PairShapeError.
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
    throw new PairShapeError("lowRankDelta", a.shape, b.shape, "[inFeatures, rank] and [rank, outFeatures]");
  // The smaller factor is scaled: fewer roundings than scaling the product, and less work.
  return tf.tidy(() => (a.size < b.size ? tf.matMul(tf.mul(a, scale), b) : tf.matMul(a, tf.mul(b, scale))));
}

/**
 * What an update adds to its weight [inFeatures, outFeatures]: scale·F₁·F₂·…, less scale·a·b where the pair took over a part
 * of the weight. The caller owns it.
 */
export function pairDelta(update: Update, scale: number): tf.Tensor2D {
  return tf.tidy(() => {
    const { a, b } = halvesOf(update);
    const whole = lowRankDelta(a, b, scale);
    const { beside } = update;
    return beside?.kind === "subtracted" ? tf.sub(whole, lowRankDelta(beside.a, beside.b, scale)) : whole;
  });
}
