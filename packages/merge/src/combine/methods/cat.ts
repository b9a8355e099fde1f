// Side by side: [c₁A₁; c₂A₂] and [B₁, B₂], whose product is Σ cᵢ·Bᵢ·Aᵢ to the last digit.

import { besideEachOther, transpose } from "@lowrank/math";
import type { CombinationMethod, Factors, WeightedPair } from "../combination-method.ts";

/** The exact sum; the rank is the sum of all ranks. */
export const cat: CombinationMethod = {
  name: "cat",
  source: "PEFT; exact",
  rank: "sum",
  isSparse: false,
  combine: (pairs) => besideOneAnother(pairs),
};

/** The exact sum of the updates, uncompressed. */
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
