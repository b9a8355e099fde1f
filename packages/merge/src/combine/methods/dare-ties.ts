// DARE's random drop with TIES's vote on signs, on the factors.

import type { CombinationMethod } from "../combination-method.ts";
import { onFactors } from "../on-factors.ts";
import { electedRandom } from "../sparsify.ts";

/** DARE and TIES on A and B apart: same rank, with cross terms. */
export const dareTies: CombinationMethod = {
  name: "dare_ties",
  source: "DARE, then the election of TIES, on A and B apart as in PEFT",
  rank: "shared",
  isSparse: true,
  combine: onFactors(electedRandom),
};
