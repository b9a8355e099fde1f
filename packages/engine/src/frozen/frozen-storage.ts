// The ways of storing a frozen matrix. Callers only use products and rows, so a 4-bit base takes the same path as a float32
// one.

import type * as tf from "@tensorflow/tfjs-core";
import type { DeviceMatrix } from "../kernels/borrowed-head.ts";
import type { HalfMatrix } from "../packed/packed-matrix.ts";
import type { StepFactor } from "../step/step-plan.ts";

/** Which way round a matrix is stored; "out-in" is torch's. */
export type MatrixLayout = "in-out" | "out-in";

/** A float32 matrix and which way round it is. */
export interface StoredMatrix {
  readonly matrix: tf.Tensor2D;
  /** True for Wᵀ, [outFeatures, inFeatures]. */
  readonly isTransposed: boolean;
}

/** One stored matrix W, [inFeatures, outFeatures], whether it is stored transposed or not. */
export interface FrozenStorage {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Memory of the stored numbers. */
  readonly bytes: number;
  /** x·W for x [rows, inFeatures], plus a bias [outFeatures] if there is one. */
  multiply(x: tf.Tensor2D, bias?: tf.Tensor): tf.Tensor2D;
  /** x·W for x [..., inFeatures] rounded to 8 bits; undefined or absent if that is not faster. */
  multiplyRounded?(x: tf.Tensor): tf.Tensor | undefined;
  /** The same with this matrix and others that have the same input, in one call. */
  multiplyRoundedWith?(others: readonly FrozenStorage[], x: tf.Tensor): readonly tf.Tensor[] | undefined;
  /** y·Wᵀ for y [rows, outFeatures], plus `sum` of the same size, whose memory the result may reuse. */
  multiplyTransposed(y: tf.Tensor2D, sum?: tf.Tensor): tf.Tensor2D;
  /** Some rows of Wᵀ, in memory that the next call overwrites; absent if they are a tensor or in another process's memory. */
  readonly readRows?: ((first: number, count: number) => Float32Array) | undefined;
  /** The matrix as it is stored, if that is one float32 tensor. */
  readonly stored?: StoredMatrix;
  /** The matrix as it is packed in the current backend's memory. */
  readonly packed?: DeviceMatrix | undefined;
  /** The matrix as a factor in graphs of several operations; absent if it cannot be one. */
  readonly stepFactor?: StepFactor | undefined;
  /** A float32 copy [inFeatures, outFeatures]; the caller disposes of it. */
  read(): tf.Tensor2D;
  /** Rows of Wᵀ, one for each id. */
  rows(ids: tf.Tensor1D): tf.Tensor2D;
  /** A copy of the first rows of Wᵀ in the stored precision. Throws ArgumentError for blocks. */
  firstRows(count: number): tf.Tensor2D | HalfMatrix;
  dispose(): void;
}
