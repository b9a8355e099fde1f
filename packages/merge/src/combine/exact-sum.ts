// Ways to the exact sum of updates Σ wᵢ·sᵢ·Bᵢ·Aᵢ. It has rank Σ rᵢ, so the thin stacks, QR of both and one small decomposition
// do; the matrix [outFeatures, inFeatures] is never formed.

import { besideEachOther, lowRankSvd, transpose } from "@lowrank/math";
import type { Factors, MethodSettings, WeightedPair } from "./combination-method.ts";
import { factorsOf } from "./factors-of.ts";

/** Side by side: [c₁A₁; c₂A₂] and [B₁, B₂], whose product is Σ cᵢ·Bᵢ·Aᵢ to the last digit. */
export function besideOneAnother(pairs: readonly WeightedPair[]): Factors {
  const scaled = pairs.map(({ a, weight, scaling }) => ({
    ...a,
    values: a.values.map((value) => value * weight * scaling),
  }));
  return {
    a: transpose(besideEachOther(scaled.map(transpose))), // [Σ rank, inFeatures]
    b: besideEachOther(pairs.map(({ b }) => b)), // [outFeatures, Σ rank]
  };
}

/** The nearest update of the wanted rank; the sum itself where that is at least the sum of all ranks. */
export function nearest(pairs: readonly WeightedPair[], settings: MethodSettings): Factors {
  const { a, b } = besideOneAnother(pairs);
  return factorsOf(lowRankSvd(b, a), settings);
}

/** The sum with no more rank than it needs: components that are zero to rounding are left out by every layer. */
export function compressed(pairs: readonly WeightedPair[], settings: MethodSettings): Factors {
  const { a, b } = besideOneAnother(pairs);
  const found = lowRankSvd(b, a);
  const rank = Math.max(1, found.s.filter((value) => value > 1e-12 * found.s[0]!).length);
  return factorsOf(found, { ...settings, rank });
}
