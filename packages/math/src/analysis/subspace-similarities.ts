// φ for all i and j at once: the squares in figure 3 of the LoRA paper.

import { settingError } from "../errors.ts";
import { createMatrix, type Matrix, multiply, transpose } from "../linear-algebra/matrix.ts";

/**
 * φ(i, j) = ‖Uᵢᵀ·Vⱼ‖² / min(i, j) (paper, equation 4) of the first i columns of one matrix and the first j of the other, in row
 * i − 1 and column j − 1. Columns are orthonormal, the strongest direction first, as `lowRankSvd` gives them. Throws INVALID_SETTING.
 */
export function subspaceSimilarities(one: Matrix, other: Matrix): Matrix {
  if (one.rows !== other.rows) throw settingError("subspaceSimilarities", "other.rows", other.rows, `${one.rows}`);
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
