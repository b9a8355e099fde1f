// DARE's random drop with TIES's vote on signs, on whole updates.

import type { CombinationMethod } from "../combination-method.ts";
import { onProducts } from "../on-products.ts";
import { electedRandom } from "../sparsify.ts";

/** DARE and TIES on the updates. */
export const dareTiesSvd: CombinationMethod = {
  name: "dare_ties_svd",
  source: "DARE, then the election of TIES, on the updates, then the nearest of low rank",
  rank: "chosen",
  isSparse: true,
  combine: onProducts(electedRandom),
};
