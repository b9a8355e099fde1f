// DARE on the factors: drop entries at random, make up for them, add.

import type { CombinationMethod } from "../combination-method.ts";
import { onFactors } from "../on-factors.ts";
import { sumOfRandom } from "../sparsify.ts";

/** DARE on A and B apart: same rank, with cross terms. */
export const dareLinear: CombinationMethod = {
  name: "dare_linear",
  source: "Yu et al. 2024 (DARE), arXiv 2311.03099, on A and B apart as in PEFT",
  rank: "shared",
  isSparse: true,
  combine: onFactors(sumOfRandom),
};
