// The interface of a backend that keeps packed matrices in its own memory and decodes them there, inside each product.

import * as tf from "@tensorflow/tfjs-core";
import type { PackedMatrix } from "./packed-matrix.ts";

/** Packed matrices M, each known by a number. The kernels "LowrankPackedProduct" and "LowrankPackedRows" read them. */
export interface PackedWeights {
  /** The engine's name, for errors. */
  readonly engine: string;
  /** Copies a matrix that is not empty. Returns its number; undefined if it is too large for the device. */
  add(matrix: PackedMatrix): number | undefined;
  /** Frees it. */
  remove(weight: number): void;
}

/** The packed weights of the current backend, if it has some. */
export function currentPackedWeights(): PackedWeights | undefined {
  const backend: object = tf.backend();
  return "packedWeights" in backend ? (backend.packedWeights as PackedWeights) : undefined;
}
