// What a backend brings that multiplies in 8 bits: a place for matrices in the order that its products read.

import * as tf from "@tensorflow/tfjs-core";
import type { Int8Matrix } from "./int8-matrix.ts";

/** Matrices packed for products in 8 bits, each known by a number. The kernel "LowrankInt8Product" multiplies by them. */
export interface Int8Weights {
  /** Why this processor should not multiply in 8 bits; undefined where it should. Measured when first asked for. */
  readonly unfitness: string | undefined;
  /** Keeps a packed copy. Returns its number. */
  add(matrix: Int8Matrix): number;
  /** The matrix as float32 numbers, [inFeatures, outFeatures]. */
  read(weight: number): Float32Array;
  /** Frees it. */
  remove(weight: number): void;
}

/** Those of the current backend, if it has them. */
export function currentInt8Weights(): Int8Weights | undefined {
  const backend: object = tf.backend();
  return "int8Weights" in backend ? (backend.int8Weights as Int8Weights) : undefined;
}
