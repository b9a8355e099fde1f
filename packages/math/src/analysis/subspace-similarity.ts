// How similar the directions of two adapters are: section 7.2 of the LoRA paper.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { settingError } from "../errors.ts";
import { frobeniusNorm, type Matrix, multiply, sliceColumns, transpose } from "../linear-algebra/matrix.ts";
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
 * Throws INVALID_SETTING.
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
    throw settingError("subspaceSimilarity", `${side} side of the second matrix`, right.rows, `${left.rows}`);
  return frobeniusNorm(multiply(transpose(left), right)) ** 2 / Math.min(i, j);
}

/** The first `count` singular vectors of one side as columns. */
function directions(matrix: Matrix, count: number, name: string, side: "left" | "right"): Matrix {
  const limit = Math.min(matrix.rows, matrix.columns);
  if (!Number.isInteger(count) || count < 1 || count > limit)
    throw settingError("subspaceSimilarity", name, count, `a whole number from 1 to ${limit}`);
  const { u, s, v } = truncatedSvd(matrix, count);
  // Further directions would be arbitrary, and equal for two matrices of zeros.
  const present = s.filter((value) => value > 1e-12 * s[0]!).length;
  if (present < count)
    throw settingError("subspaceSimilarity", name, count, `at most ${present}, the matrix's directions`);
  return sliceColumns(side === "left" ? u : v, 0, count);
}
