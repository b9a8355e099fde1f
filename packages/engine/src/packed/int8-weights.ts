// The interface of a backend that multiplies in 8 bits: it stores matrices in the order that its products read.

import * as tf from "@tensorflow/tfjs-core";
import type { Int8Matrix, MatrixShape } from "./int8-matrix.ts";

/** Matrices packed for products in 8 bits, each known by a number. The kernel "LowrankInt8Product" multiplies by them. */
export interface Int8Weights {
  /** Why this processor should not multiply in 8 bits; undefined if it should. Measured on first use. */
  readonly problem: string | undefined;
  /** `packInt8`, bit for bit; the arguments were checked. */
  round(values: Float32Array, shape: MatrixShape): Int8Matrix | undefined;
  /** Keeps a packed copy. Returns its number. */
  add(matrix: Int8Matrix): number;
  /** The matrix as float32 numbers, [inFeatures, outFeatures]. */
  read(weight: number): Float32Array;
  /** Frees it. */
  remove(weight: number): void;
  /** Frees the tiles that the kernel "LowrankHeadLoss" packed for logits of a head, if it did. */
  removeTiles(head: object): void;
}

/**
 * Why weights of `FrozenWeight.fromInt8` are now multiplied in float32: the engine has no 8-bit matrix products, or this processor's
 * are slower than those in float32 or not exact. A clause; undefined if they are multiplied in 8 bits.
 */
export function int8Problem(): string | undefined {
  const weights = currentInt8Weights();
  return weights === undefined ? `the backend "${tf.getBackend()}" has no 8-bit matrix products` : weights.problem;
}

/** The weights of the current backend, if it has some. */
export function currentInt8Weights(): Int8Weights | undefined {
  const backend: object = tf.backend();
  return "int8Weights" in backend ? (backend.int8Weights as Int8Weights) : undefined;
}
