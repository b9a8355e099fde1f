// Only the largest entries of whole updates, then the best update of the wanted rank.

import type { CombinationMethod } from "../combination-method.ts";
import { onProducts } from "../on-products.ts";
import { sumOfLargest } from "../sparsify.ts";

/** The largest entries of the updates. */
export const magnitudePruneSvd: CombinationMethod = {
  name: "magnitude_prune_svd",
  source: "PEFT: the largest entries of the updates, then the nearest of low rank",
  rank: "chosen",
  isSparse: true,
  combine: onProducts(sumOfLargest),
};
