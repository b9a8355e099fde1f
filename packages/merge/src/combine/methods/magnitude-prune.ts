// Only the largest entries of the factors.

import type { CombinationMethod } from "../combination-method.ts";
import { onFactors } from "../on-factors.ts";
import { sumOfLargest } from "../sparsify.ts";

/** The largest entries of A and B, summed apart: same rank, with cross terms. */
export const magnitudePrune: CombinationMethod = {
  name: "magnitude_prune",
  source: "PEFT: the largest entries of A and of B",
  rank: "shared",
  isSparse: true,
  combine: onFactors(sumOfLargest),
};
