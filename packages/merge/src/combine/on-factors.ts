// Combining A with A and B with B: quick and of the same rank, but (Σ A)·(Σ B) has cross terms A of one with B of another,
// so the result is not the sum of the updates.

import type { Factors, MethodSettings, WeightedPair } from "./combination-method.ts";
import type { MatrixMerge } from "./sparsify.ts";

/** Applies a merge to both factors; each gets the root of weight · s, and A the sign. */
export function onFactors(merge: MatrixMerge) {
  return (pairs: readonly WeightedPair[], settings: MethodSettings): Factors => {
    const a = pairs.map(({ a: matrix, weight, scaling, adapter }) => {
      const strength = weight * scaling;
      return { matrix, weight: (strength < 0 ? -1 : 1) * Math.sqrt(Math.abs(strength)), adapter, part: "A" as const };
    });
    const b = pairs.map(({ b: matrix, weight, scaling, adapter }) => ({
      matrix,
      weight: Math.sqrt(Math.abs(weight * scaling)),
      adapter,
      part: "B" as const,
    }));
    return { a: merge(a, settings), b: merge(b, settings) };
  };
}
