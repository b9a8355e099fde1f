// TIES on the factors: keep the largest entries, elect a sign, average what agrees.

import type { CombinationMethod } from "../combination-method.ts";
import { onFactors } from "../on-factors.ts";
import { electedLargest } from "../sparsify.ts";

/** TIES on A and B apart: same rank, with cross terms. */
export const ties: CombinationMethod = {
  name: "ties",
  source: "Yadav et al. 2023 (TIES), arXiv 2306.01708, on A and B apart as in PEFT",
  rank: "shared",
  isSparse: true,
  combine: onFactors(electedLargest),
};
