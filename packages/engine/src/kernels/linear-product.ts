// A product of rows with one matrix and something to add to it: by the backend's fused kernel in one call, or by plain
// operations.

import * as tf from "@tensorflow/tfjs-core";
import { matrix as asMatrix } from "../rows.ts";
import { runSingleOutputKernel } from "./custom-kernel.ts";

export interface LinearInputs<X extends tf.Tensor = tf.Tensor> {
  /** [..., inFeatures] */
  readonly x: X;
  /** [inFeatures, outFeatures], or [outFeatures, inFeatures] if it enters transposed. */
  readonly matrix: tf.Tensor2D;
  readonly isTransposed: boolean;
  /** [outFeatures], or the product's size: the product may then reuse its memory. */
  readonly term?: tf.Tensor | undefined;
}

/** x·matrix + term as [..., outFeatures]; undefined if the backend has no such kernel. */
export function runLinearKernel({ x, matrix, isTransposed, term }: LinearInputs): tf.Tensor | undefined {
  const inputs = term === undefined ? { x, matrix } : { x, matrix, term };
  return runSingleOutputKernel("LowrankLinear", inputs, { isTransposed });
}

/** x·matrix + term for x [rows, inFeatures], on any backend. */
export function linearProduct(inputs: LinearInputs<tf.Tensor2D>): tf.Tensor2D {
  const { x, matrix, isTransposed, term } = inputs;
  const fused = runLinearKernel(inputs);
  return fused === undefined ? plus(tf.matMul(x, matrix, false, isTransposed), term) : asMatrix(fused);
}

/** Adds a bias, or a sum of the product's size, to a product, and takes ownership of the product. */
export function plus(product: tf.Tensor2D, term: tf.Tensor | undefined): tf.Tensor2D {
  if (term === undefined) return product;
  const sum = tf.tidy(() => tf.add<tf.Tensor2D>(product, term.rank === 1 ? term : tf.reshape(term, product.shape)));
  product.dispose();
  return sum;
}
