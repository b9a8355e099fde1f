// How similar the directions of two adapters are: section 7.2 of the LoRA paper.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts";
import { SettingError } from "../errors.ts";
import {
  createMatrix,
  frobeniusNorm,
  type Matrix,
  multiply,
  sliceColumns,
  transpose,
} from "../linear-algebra/matrix.ts";
import { truncatedSvd } from "../linear-algebra/truncated-svd.ts";

/** Options of `subspaceSimilarity`. */
export interface SubspaceSimilarityOptions {
  /** Number of the first matrix's strongest directions. */
  readonly i: number;
  /** Number of the second matrix's strongest directions. */
  readonly j: number;
  /**
   * "right" (the default) compares input directions, as the paper does for A [rank, inFeatures]; "left" compares output
   * directions, for B [outFeatures, rank] or full updates.
   */
  readonly side?: "left" | "right";
}

const optionNames: OptionNames<SubspaceSimilarityOptions> = { i: true, j: true, side: true };

/**
 * φ = ‖Uᵢᵀ·Vⱼ‖² / min(i, j) (paper, equation 4), for the first singular vectors Uᵢ of one matrix and Vⱼ of the other:
 * 1 if one space holds the other, 0 if they are orthogonal. It is one minus a distance on the Grassmann manifold.
 *
 * Throws SettingError.
 *
 * @example
 * ```ts
 * import { createMatrix, subspaceSimilarity } from "@lowrank/math";
 *
 * const one = createMatrix(1, 3, [1, 0, 0]); // A [rank, inFeatures]
 * const other = createMatrix(2, 3, [0, 2, 0, 1, 0, 0]);
 * console.assert(subspaceSimilarity(one, other, { i: 1, j: 1 }) === 0);
 * console.assert(Math.abs(subspaceSimilarity(one, other, { i: 1, j: 2 }) - 1) < 1e-12);
 * ```
 */
export function subspaceSimilarity(one: Matrix, other: Matrix, options: SubspaceSimilarityOptions): number {
  refuseUnknownOptions("subspaceSimilarity", options, optionNames);
  const { i, j, side = "right" } = options;
  const [left, right] = [directions(one, i, "i", side), directions(other, j, "j", side)];
  if (left.rows !== right.rows)
    throw new SettingError("subspaceSimilarity", `${side} side of the second matrix`, right.rows, `${left.rows}`);
  return frobeniusNorm(multiply(transpose(left), right)) ** 2 / Math.min(i, j);
}

/** The first `count` singular vectors of one side as columns. */
function directions(matrix: Matrix, count: number, name: string, side: "left" | "right"): Matrix {
  const limit = Math.min(matrix.rows, matrix.columns);
  if (!Number.isInteger(count) || count < 1 || count > limit)
    throw new SettingError("subspaceSimilarity", name, count, `a whole number from 1 to ${limit}`);
  const { u, s, v } = truncatedSvd(matrix, count);
  // Further directions would be arbitrary, and equal for two matrices of zeros.
  const present = s.filter((value) => value > 1e-12 * s[0]!).length;
  if (present < count)
    throw new SettingError("subspaceSimilarity", name, count, `at most ${present}, the matrix's directions`);
  return sliceColumns(side === "left" ? u : v, 0, count);
}

// φ for all i and j at once: the squares in figure 3 of the LoRA paper.

/**
 * φ(i, j) = ‖Uᵢᵀ·Vⱼ‖² / min(i, j) (paper, equation 4) of the first i columns of one matrix and the first j of the other, in row
 * i − 1 and column j − 1. Columns are orthonormal, the strongest direction first, as `lowRankSvd` gives them. Throws SettingError.
 *
 * @example
 * ```ts
 * import { createMatrix, subspaceSimilarities } from "@lowrank/math";
 *
 * const axes = createMatrix(3, 2, [1, 0, 0, 1, 0, 0]);
 * const turned = createMatrix(3, 1, [0, 1, 0]);
 * const { values } = subspaceSimilarities(axes, turned); // [2, 1]
 * console.assert(values[0] === 0 && values[1] === 1);
 * ```
 */
export function subspaceSimilarities(one: Matrix, other: Matrix): Matrix {
  if (one.rows !== other.rows) throw new SettingError("subspaceSimilarities", "other.rows", other.rows, `${one.rows}`);
  const shares = multiply(transpose(one), other);
  const found = createMatrix(one.columns, other.columns);
  const sums = new Float64Array(other.columns); // over the rows so far, by column
  for (let i = 0; i < found.rows; i += 1) {
    let sum = 0;
    for (let j = 0; j < found.columns; j += 1) {
      const index = i * found.columns + j;
      sums[j] = (sums[j] as number) + (shares.values[index] as number) ** 2;
      sum += sums[j] as number;
      found.values[index] = sum / Math.min(i + 1, j + 1);
    }
  }
  return found;
}
