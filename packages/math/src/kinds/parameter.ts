// LoRA on a raw parameter (PEFT's `target_parameters`): a matrix, or a stack of matrices, [experts, outFeatures, inFeatures] or
// transposed. The A and B of all experts are joined in one A and one B.

import * as tf from "@tensorflow/tfjs-core";
import { matrixShapeError } from "../errors.ts";
import { toAB, type Update } from "../update/factor.ts";
import { loraDelta } from "../update/low-rank-delta.ts";
import type { LayerKind } from "./layer-kind.ts";
import { linear } from "./linear.ts";

/** The layout of a raw parameter. */
export interface RawParameter {
  /** The shape in memory. */
  readonly shape: readonly number[];
  /** True if a matrix is [inFeatures, outFeatures] in memory and transposed in files. */
  readonly transposedInFile: boolean;
  /** True for a stack [experts, inFeatures, outFeatures]. */
  readonly isStackedInOut?: boolean;
}

/** Sizes of a raw parameter's A and B. `rank` is the rank of one expert's update. */
export interface RawMatrixSizes {
  readonly experts: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** A and B of one expert are those of a linear layer, with the same initialization. */
export const parameter: LayerKind = {
  parts: linear.parts,
  refusal: linear.refusal,
  specs: linear.specs,
  initialize: linear.initialize,
};

/** Sizes of A and B for a parameter with two or three axes; null for others. */
export function rawMatrixSizes({ shape, transposedInFile, isStackedInOut }: RawParameter): RawMatrixSizes | null {
  const [first = 0, second = 0, third = 0] = shape;
  if (shape.length === 3) {
    const [outFeatures, inFeatures] = isStackedInOut ? [third, second] : [second, third];
    return { experts: first, inFeatures, outFeatures };
  }
  if (shape.length !== 2) return null;
  const [outFeatures, inFeatures] = transposedInFile ? [second, first] : [first, second];
  return { experts: 1, inFeatures, outFeatures };
}

/**
 * ΔW in the parameter's own layout, times `scale`. Differentiable; the caller owns it.
 *
 * For experts, A is [inFeatures, experts·rank] with one expert after the other, and B [rank·experts, outFeatures] with
 * the experts innermost: PEFT's layout. Throws MATRIX_SHAPE_MISMATCH.
 */
export function parameterDelta(update: Update, parameter: RawParameter, scale: number): tf.Tensor {
  const sizes = rawMatrixSizes(parameter);
  return tf.tidy(() => {
    const { a, b } = toAB(update);
    if (sizes === null || a.shape[0] !== sizes.inFeatures || b.shape[1] !== sizes.outFeatures)
      throw matrixShapeError("parameterDelta", a.shape, b.shape, `sides of the parameter [${parameter.shape}]`);
    if (parameter.shape.length === 2) {
      const delta = loraDelta(update, scale); // [inFeatures, outFeatures]
      return parameter.transposedInFile ? delta : tf.transpose(delta);
    }
    const { experts, inFeatures, outFeatures } = sizes;
    const rank = a.shape[1] / experts;
    const down = tf.reshape(tf.transpose(a), [experts, rank, inFeatures]);
    const up = tf.transpose(tf.reshape(b, [rank, experts, outFeatures]), [1, 2, 0]); // [experts, outFeatures, rank]
    const scaled = tf.mul(up, scale);
    if (parameter.isStackedInOut) return tf.matMul(down, scaled, true, true); // [experts, inFeatures, outFeatures]
    return tf.matMul(scaled, down); // [experts, outFeatures, inFeatures]
  });
}
