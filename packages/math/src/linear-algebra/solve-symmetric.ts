// Linear equations with a symmetric positive definite matrix, by Cholesky's decomposition (Golub & Van Loan, 4.2).

import { settingError } from "../errors.ts";
import { createMatrix, type Matrix } from "./matrix.ts";

/** X with matrix · X = right, for a symmetric positive definite matrix. Throws INVALID_SETTING if it is not. */
export function solveSymmetric(matrix: Matrix, right: Matrix): Matrix {
  const size = matrix.rows;
  if (matrix.columns !== size || right.rows !== size)
    throw settingError("solveSymmetric", "matrix", `[${size}, ${matrix.columns}]`, `[${right.rows}, ${right.rows}]`);
  const factor = cholesky(matrix);
  const solution = createMatrix(size, right.columns, right.values);
  for (let row = 0; row < size; row++)
    eliminate(solution, row, 0, row, (other) => factor[row * size + other]!, factor[row * size + row]!);
  for (let row = size - 1; row >= 0; row--)
    eliminate(solution, row, row + 1, size, (other) => factor[other * size + row]!, factor[row * size + row]!);
  return solution;
}

/** Row ← (row − Σ factor(other) · other row) / pivot. */
function eliminate(
  { columns, values }: Matrix,
  row: number,
  from: number,
  to: number,
  factor: (other: number) => number,
  pivot: number,
): void {
  for (let other = from; other < to; other++) {
    const share = factor(other);
    for (let column = 0; column < columns; column++)
      values[row * columns + column]! -= share * values[other * columns + column]!;
  }
  for (let column = 0; column < columns; column++) values[row * columns + column]! /= pivot;
}

/** The lower triangle L with L · Lᵀ = matrix. */
function cholesky({ rows: size, values }: Matrix): Float64Array {
  const lower = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let rest = values[row * size + column]!;
      for (let inner = 0; inner < column; inner++) rest -= lower[row * size + inner]! * lower[column * size + inner]!;
      if (row !== column) lower[row * size + column] = rest / lower[column * size + column]!;
      else if (rest > 0) lower[row * size + row] = Math.sqrt(rest);
      else throw settingError("solveSymmetric", `pivot ${row}`, rest, "a positive definite matrix");
    }
  }
  return lower;
}
