// Singular values of a product of two thin matrices without forming the product: QR of both, then the SVD of a small matrix.

import { frobeniusNorm, type Matrix, multiply, transpose } from "./matrix.ts";
import { type Svd, svd } from "./svd.ts";
import { thinQr } from "./thin-qr.ts";

/**
 * The decomposition of left · right, for left [outFeatures, rank] and right [rank, inFeatures]. It has at most `rank`
 * singular values, and no matrix of outFeatures × inFeatures is made. Throws INVALID_SETTING.
 *
 * @example
 * ```ts
 * import { createMatrix, lowRankSvd } from "@lowrank/math";
 *
 * const { s } = lowRankSvd(createMatrix(3, 1, [0, 3, 4]), createMatrix(1, 2, [1, 0]));
 * console.assert(s.length === 1 && Math.abs(s[0]! - 5) < 1e-12);
 * ```
 */
export function lowRankSvd(left: Matrix, right: Matrix): Svd {
  const outer = thinQr(left); // q [outFeatures, rank]
  const inner = thinQr(transpose(right)); // q [inFeatures, rank]
  const core = svd(multiply(outer.r, transpose(inner.r)));
  return { u: multiply(outer.q, core.u), s: core.s, v: multiply(inner.q, core.v) };
}

/**
 * ‖left · right‖, Frobenius norm, for left [outFeatures, rank] and right [rank, inFeatures]. It uses triangular factors and not
 * inner products, so that the result is accurate also if parts of the product cancel. Throws INVALID_SETTING.
 */
export function lowRankNorm(left: Matrix, right: Matrix): number {
  return frobeniusNorm(multiply(thinQr(left).r, transpose(thinQr(transpose(right)).r)));
}
