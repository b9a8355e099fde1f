// The condition number of a large matrix from its triangular factor and the inverse of that, without a full decomposition.

import { createMatrix, type Matrix, transpose } from "./matrix.ts";
import { thinQr } from "./thin-qr.ts";
import { truncatedSvd } from "./truncated-svd.ts";

/** The first and the last singular value; the last is 0 for less than full rank. Throws INVALID_SETTING for NaN and infinity. */
export function extremeSingularValues(matrix: Matrix): readonly [largest: number, smallest: number] {
  const { r } = thinQr(matrix.rows < matrix.columns ? transpose(matrix) : matrix);
  const [largest = 0] = truncatedSvd(r, 1).s;
  const inverse = inverseOfTriangle(r);
  return [largest, inverse === undefined ? 0 : 1 / truncatedSvd(inverse, 1).s[0]!];
}

/** The inverse of an upper triangle; undefined if a number on its diagonal is 0 up to rounding. */
function inverseOfTriangle({ rows: size, values }: Matrix): Matrix | undefined {
  const inverse = createMatrix(size, size);
  const negligible = Number.EPSILON * size * values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  for (let row = size - 1; row >= 0; row--) {
    const pivot = values[row * size + row]!;
    if (Math.abs(pivot) <= negligible) return undefined;
    const target = inverse.values.subarray(row * size, (row + 1) * size);
    target[row] = 1;
    for (let other = row + 1; other < size; other++)
      for (let column = other; column < size; column++)
        target[column]! -= values[row * size + other]! * inverse.values[other * size + column]!;
    for (let column = row; column < size; column++) target[column]! /= pivot;
  }
  return inverse;
}
