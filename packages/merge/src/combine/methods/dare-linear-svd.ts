// DARE on whole updates, then the best update of the wanted rank.

import type { CombinationMethod } from "../combination-method.ts";
import { onProducts } from "../on-products.ts";
import { sumOfRandom } from "../sparsify.ts";

/** DARE on the updates. */
export const dareLinearSvd: CombinationMethod = {
  name: "dare_linear_svd",
  source: "Yu et al. 2024 (DARE), arXiv 2311.03099, on the updates, then the nearest of low rank",
  rank: "chosen",
  isSparse: true,
  combine: onProducts(sumOfRandom),
};
