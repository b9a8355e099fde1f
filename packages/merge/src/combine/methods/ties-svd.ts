// TIES on whole updates, then the best update of the wanted rank.

import type { CombinationMethod } from "../combination-method.ts";
import { onProducts } from "../on-products.ts";
import { electedLargest } from "../sparsify.ts";

/** TIES on the updates. */
export const tiesSvd: CombinationMethod = {
  name: "ties_svd",
  source: "Yadav et al. 2023 (TIES), arXiv 2306.01708, on the updates, then the nearest of low rank",
  rank: "chosen",
  isSparse: true,
  combine: onProducts(electedLargest),
};
