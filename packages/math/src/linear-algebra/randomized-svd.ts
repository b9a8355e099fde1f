// The randomized range finder with power iterations (Halko, Martinsson & Tropp 2011, algorithms 4.4 and 5.1), as in
// torch.svd_lowrank and PEFT's "pissa_niter_<n>".

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { type DrawKey, uniformValues } from "@lowrank/engine/internal";
import { settingError } from "../errors.ts";
import { createMatrix, type Matrix, multiply, transpose } from "./matrix.ts";
import { type Svd, svd, truncateSvd } from "./svd.ts";
import { thinQr } from "./thin-qr.ts";

/** Settings of `randomizedSvd`. */
export interface RandomizedSvdOptions {
  /** Number of singular values. */
  readonly rank: number;
  /** Number of additional directions; more are more accurate. Default 0, as in torch.svd_lowrank. */
  readonly oversampling?: number;
  /** Number of power iterations; more are more accurate. */
  readonly powerIterations: number;
  /** The same key gives the same result. */
  readonly key: DrawKey;
}

const optionNames: OptionNames<RandomizedSvdOptions> = {
  rank: true,
  oversampling: true,
  powerIterations: true,
  key: true,
};

/** Approximates the first `rank` singular values and vectors with a few products. Throws INVALID_SETTING. */
export function randomizedSvd(matrix: Matrix, options: RandomizedSvdOptions): Svd {
  refuseUnknownOptions("randomizedSvd", options, optionNames);
  const { rank, oversampling = 0, powerIterations, key } = options;
  const limit = Math.min(matrix.rows, matrix.columns);
  if (!Number.isInteger(rank) || rank < 1 || rank > limit)
    throw settingError("randomizedSvd", "rank", rank, `a whole number from 1 to ${limit}`);
  const width = Math.min(rank + oversampling, limit);
  const transposed = transpose(matrix);
  let { q } = thinQr(multiply(matrix, normalMatrix(matrix.columns, width, key))); // [rows, width]
  for (let iteration = 0; iteration < powerIterations; iteration++) {
    // Orthonormalized after each product: otherwise all columns converge to the first direction.
    const back = thinQr(multiply(transposed, q)).q; // [columns, width]
    q = thinQr(multiply(matrix, back)).q;
  }
  const projected = svd(multiply(transpose(q), matrix)); // of [width, columns]
  return truncateSvd({ ...projected, u: multiply(q, projected.u) }, rank);
}

/** Normally distributed entries (Box and Muller 1958), the same for the same key. */
export function normalMatrix(rows: number, columns: number, key: DrawKey): Matrix {
  const matrix = createMatrix(rows, columns);
  const even = uniformValues(2 * matrix.values.length, key);
  for (let index = 0; index < matrix.values.length; index++) {
    const radius = Math.sqrt(-2 * Math.log(1 - even[2 * index]!));
    matrix.values[index] = radius * Math.cos(2 * Math.PI * even[2 * index + 1]!);
  }
  return matrix;
}
