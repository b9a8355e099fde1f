// The first singular values and vectors of a large matrix, to full accuracy without a full decomposition: a block Krylov method
// (Musco & Musco 2015) that restarts from its best vectors until they stop changing.

import { settingError } from "../errors.ts";
import { concatColumns, type Matrix, multiply, scaleColumns, sliceColumns, transpose } from "./matrix.ts";
import { normalMatrix } from "./randomized-svd.ts";
import { type Svd, svd, truncateSvd } from "./svd.ts";
import { thinQr } from "./thin-qr.ts";

/** Up to this size a full decomposition is fast. */
const smallSide = 128;
/** Products with the matrix between two restarts. */
const depth = 6;
const oversampling = 8;
const maxRestarts = 40;
/** Largest ‖W·v − σ·u‖ / σ₁: well below the precision of float32 weights. */
const tolerance = 1e-7;

/** The first `rank` singular values and vectors. Deterministic: the initial vectors do not depend on a seed. Throws INVALID_SETTING. */
export function truncatedSvd(matrix: Matrix, rank: number): Svd {
  const side = Math.min(matrix.rows, matrix.columns);
  if (!Number.isInteger(rank) || rank < 1 || rank > side)
    throw settingError("truncatedSvd", "rank", rank, `a whole number from 1 to ${side}`);
  const width = rank + oversampling;
  if (side <= smallSide || width * (depth + 1) >= side) return truncateSvd(svd(matrix), rank);
  return iterate(matrix, rank, width) ?? truncateSvd(svd(matrix), rank);
}

/** Null if it does not converge, for example if many singular values are close together. */
function iterate(matrix: Matrix, rank: number, width: number): Svd | null {
  const transposed = transpose(matrix);
  let start = normalMatrix(matrix.columns, width, { seed: 0, path: "truncatedSvd" }); // [columns, width]
  for (let restart = 0; restart < maxRestarts; restart++) {
    const basis = krylovBasis(matrix, transposed, start); // [rows, width · depth]
    const projected = svd(multiply(transpose(basis), matrix));
    const found = { ...projected, u: multiply(basis, projected.u) };
    if (largestResidual(matrix, truncateSvd(found, rank)) <= tolerance * found.s[0]!) return truncateSvd(found, rank);
    start = sliceColumns(found.v, 0, width);
  }
  return null;
}

/** An orthonormal basis of W·X, W·Wᵀ·W·X, … */
function krylovBasis(matrix: Matrix, transposed: Matrix, start: Matrix): Matrix {
  const blocks: Matrix[] = [];
  let block = thinQr(multiply(matrix, start)).q; // [rows, width]
  for (let power = 1; ; power++) {
    blocks.push(block);
    if (power === depth) return thinQr(concatColumns(blocks)).q;
    block = thinQr(multiply(matrix, thinQr(multiply(transposed, block)).q)).q;
  }
}

/** The largest ‖W·v − σ·u‖; ‖Wᵀ·u − σ·v‖ is 0 by construction. */
function largestResidual(matrix: Matrix, { u, s, v }: Svd): number {
  const image = multiply(matrix, v); // [rows, rank]
  const expected = scaleColumns(u, s);
  const squares = new Float64Array(s.length);
  image.values.forEach((value, index) => {
    squares[index % s.length]! += (value - expected.values[index]!) ** 2;
  });
  return Math.sqrt(Math.max(...squares));
}
