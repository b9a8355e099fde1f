// The nearest update of a chosen rank to the exact sum. The sum has rank Σ rᵢ, so QR of both thin stacks and one small
// decomposition do; the matrix [outFeatures, inFeatures] is never formed.

import { lowRankSvd } from "@lowrank/math";
import type { CombinationMethod } from "../combination-method.ts";
import { factorsOf } from "../factors-of.ts";
import { besideOneAnother } from "./cat.ts";

/** The best approximation of the exact sum; exact itself if the rank is at least the sum of all ranks. */
export const svd: CombinationMethod = {
  name: "svd",
  source: "PEFT; Eckart & Young 1936",
  rank: "chosen",
  isSparse: false,
  combine(pairs, settings) {
    const { a, b } = besideOneAnother(pairs);
    return factorsOf(lowRankSvd(b, a), settings);
  },
};
