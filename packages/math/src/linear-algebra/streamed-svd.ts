// The randomized decomposition (Halko, Martinsson & Tropp 2011) of a matrix that is read some rows at a time. Only the current
// rows and thin matrices are in memory. The engine computes the products; only thin matrices are decomposed.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import type { DrawKey } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { settingError } from "../errors.ts";
import { lowRankSvd } from "./low-rank-svd.ts";
import { createMatrix, type Matrix, tensorOfMatrix, transpose } from "./matrix.ts";
import { normalMatrix } from "./randomized-svd.ts";
import { type Svd, truncateSvd } from "./svd.ts";
import { thinQr } from "./thin-qr.ts";

/** A matrix that can be read from the first row to the last, repeatedly. */
export interface RowBlocks {
  readonly rows: number;
  readonly columns: number;
  /** Whole rows, block by block. Use each block before asking for the next. */
  blocks(): AsyncIterable<Float32Array>;
}

/** Settings of `streamedSvd`. */
export interface StreamedSvdOptions {
  /** Maximum number of singular values. */
  readonly rank: number;
  /** Number of additional directions. Default 8. */
  readonly oversampling?: number;
  /** Number of power iterations, of two passes each. Default 2. */
  readonly powerIterations?: number;
  /** The same key gives the same result. */
  readonly key: DrawKey;
}

const optionNames: OptionNames<StreamedSvdOptions> = {
  rank: true,
  oversampling: true,
  powerIterations: true,
  key: true,
};

/**
 * Approximates the first singular values and vectors of a matrix of any size, in 2 + 2 · powerIterations passes. Throws
 * INVALID_SETTING, also for NaN and infinity.
 */
export async function streamedSvd(matrix: RowBlocks, options: StreamedSvdOptions): Promise<Svd> {
  refuseUnknownOptions("streamedSvd", options, optionNames);
  const { rank, oversampling = 8, powerIterations = 2, key } = options;
  if (!Number.isInteger(rank) || rank < 1)
    throw settingError("streamedSvd", "rank", rank, "a whole number of at least 1");
  const width = Math.min(rank + oversampling, matrix.rows, matrix.columns);
  let range = thinQr(await times(matrix, normalMatrix(matrix.columns, width, key))).q; // [rows, width]
  for (let iteration = 0; iteration < powerIterations; iteration += 1) {
    const transposed = thinQr(await transposedTimes(matrix, range)).q; // [columns, width]
    range = thinQr(await times(matrix, transposed)).q;
  }
  const projection = await transposedTimes(matrix, range); // [columns, width]
  return truncateSvd(lowRankSvd(range, transpose(projection)), rank);
}

/** matrix · right, for right [columns, width]. */
async function times(matrix: RowBlocks, right: Matrix): Promise<Matrix> {
  const product = createMatrix(matrix.rows, right.columns);
  const factor = tensorOfMatrix(right);
  let offset = 0;
  try {
    for await (const block of matrix.blocks()) {
      const values = await productOf(block, matrix.columns, (rows) => tf.matMul(rows, factor));
      product.values.set(values, offset);
      offset += values.length;
    }
  } finally {
    factor.dispose();
  }
  return product;
}

/** matrixᵀ · left, for left [rows, width]. */
async function transposedTimes(matrix: RowBlocks, left: Matrix): Promise<Matrix> {
  const product = createMatrix(matrix.columns, left.columns);
  const { values: sums } = product;
  let first = 0;
  for await (const block of matrix.blocks()) {
    const count = block.length / matrix.columns;
    const part = left.values.subarray(first * left.columns, (first + count) * left.columns);
    first += count;
    const values = await productOf(block, matrix.columns, (rows) => {
      const factor = tf.tensor2d(Float32Array.from(part), [count, left.columns]);
      return tf.matMul(rows, factor, true, false);
    });
    for (let index = 0; index < sums.length; index += 1)
      sums[index] = (sums[index] as number) + (values[index] as number);
  }
  return product;
}

async function productOf(
  block: Float32Array,
  columns: number,
  multiply: (rows: tf.Tensor2D) => tf.Tensor2D,
): Promise<Float32Array> {
  const product = tf.tidy(() => multiply(tf.tensor2d(block, [block.length / columns, columns])));
  try {
    return await product.data<"float32">();
  } finally {
    product.dispose();
  }
}
