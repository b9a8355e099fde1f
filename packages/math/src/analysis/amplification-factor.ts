// How strongly an update amplifies directions that the weight itself barely uses: section 7.3 of the LoRA paper.

import { lowRankSvd } from "../linear-algebra/low-rank-svd.ts";
import { frobeniusNorm, type Matrix, multiply, transpose } from "../linear-algebra/matrix.ts";
import { truncateSvd } from "../linear-algebra/svd.ts";

/** The amplification factor and its parts. */
export interface Amplification {
  /** ‖ΔW‖ / ‖Uᵀ·W·V‖: the paper finds about 20 for GPT-3, rank 4. Infinite if W has nothing in these directions, NaN if ΔW is 0. */
  readonly factor: number;
  /** ‖ΔW‖, Frobenius norm. */
  readonly updateNorm: number;
  /** ‖Uᵀ·W·V‖: the part of W in the directions of ΔW. */
  readonly projectedNorm: number;
}

/** An update ΔW = scale·B·A in PEFT's layout. */
export interface FactoredUpdate {
  /** [rank, inFeatures] */
  readonly a: Matrix;
  /** [outFeatures, rank] */
  readonly b: Matrix;
  readonly scale: number;
}

/**
 * The amplification factor of an update with respect to a weight [outFeatures, inFeatures] (paper, table 7), with U and V
 * the update's singular vectors. The update is never expanded. Throws INVALID_SETTING.
 */
export function amplificationFactor(weight: Matrix, { a, b, scale }: FactoredUpdate): Amplification {
  const all = lowRankSvd(b, a);
  // An update may have a lower rank than A and B; unused directions are ignored.
  const { u, s, v } = truncateSvd(all, all.s.filter((value) => value > 1e-12 * all.s[0]!).length);
  const updateNorm = Math.abs(scale) * Math.sqrt(s.reduce((sum, value) => sum + value * value, 0));
  const projectedNorm = frobeniusNorm(multiply(transpose(u), multiply(weight, v)));
  return { factor: updateNorm / projectedNorm, updateNorm, projectedNorm };
}
