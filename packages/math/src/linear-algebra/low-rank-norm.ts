// The length of a product of two thin matrices, without ever forming the product.

import { frobeniusNorm, type Matrix, multiply, transpose } from "./matrix.ts";
import { thinQr } from "./thin-qr.ts";

/**
 * ‖left · right‖, Frobenius, for left [outFeatures, rank] and right [rank, inFeatures]. By triangular factors rather than by
 * inner products, so that what is left where parts of the product cancel is right to rounding of the parts. Throws SettingError.
 *
 * @example
 * ```ts
 * import { createMatrix, lowRankNorm } from "@lowrank/math";
 *
 * console.assert(Math.abs(lowRankNorm(createMatrix(2, 1, [3, 4]), createMatrix(1, 2, [0, 2])) - 10) < 1e-12);
 * ```
 */
export function lowRankNorm(left: Matrix, right: Matrix): number {
  return frobeniusNorm(multiply(thinQr(left).r, transpose(thinQr(transpose(right)).r)));
}
