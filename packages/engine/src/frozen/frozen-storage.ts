// How a frozen matrix may be kept. What computes with a weight speaks of products and rows only, so that a base kept in
// 4 bits takes the same way as one in float32.

import type * as tf from "@tensorflow/tfjs-core";

/** Which way round a matrix is stored; "out-in" is torch's. */
export type MatrixLayout = "in-out" | "out-in";

/** One stored matrix W, seen as [inFeatures, outFeatures] whichever way round it is kept. */
export interface FrozenStorage {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Memory of the stored numbers. */
  readonly bytes: number;
  /** x·W for x [rows, inFeatures]. */
  multiply(x: tf.Tensor2D): tf.Tensor2D;
  /** y·Wᵀ for y [rows, outFeatures]. */
  multiplyTransposed(y: tf.Tensor2D): tf.Tensor2D;
  /** Wᵀ as it lies in memory, float32 and [outFeatures, inFeatures]; absent where it is stored in another way. */
  readonly table?: tf.Tensor2D | undefined;
  /** A float32 copy [inFeatures, outFeatures]; the caller disposes of it. */
  read(): tf.Tensor2D;
  /** Rows of Wᵀ, one for each id. */
  rows(ids: tf.Tensor1D): tf.Tensor2D;
  dispose(): void;
}
