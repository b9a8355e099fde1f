// The table of methods; a new one is a row. What adds A with A and B with B ("shared") is quick, of the same rank, and has
// cross terms; what ends in "_svd" forms whole updates and takes the nearest of the wanted rank.

import type { CombinationMethod } from "./combination-method.ts";
import { besideOneAnother, compressed, nearest } from "./exact-sum.ts";
import { onFactors } from "./on-factors.ts";
import { onProducts } from "./on-products.ts";
import { slerp } from "./slerp.ts";
import {
  electedLargest,
  electedLikely,
  electedMiddle,
  electedRandom,
  sum,
  sumOfLargest,
  sumOfLikely,
  sumOfMiddle,
  sumOfRandom,
} from "./sparsify.ts";

/** Every way to combine adapters. */
export const combinationMethods: readonly CombinationMethod[] = [
  // Adapters that share directions need less rank than "cat" gives them.
  {
    name: "exact",
    source: "Σ wᵢ·sᵢ·Bᵢ·Aᵢ; not in PEFT",
    rank: "sum",
    isSparse: false,
    combine: compressed,
  },
  {
    name: "cat",
    source: "PEFT; exact",
    rank: "sum",
    isSparse: false,
    combine: (pairs) => besideOneAnother(pairs),
  },
  {
    name: "svd",
    source: "PEFT; Eckart & Young 1936",
    rank: "chosen",
    isSparse: false,
    combine: nearest,
  },
  // Its cross terms make it no sum of updates; kept because PEFT has it.
  {
    name: "linear",
    source: "PEFT; task arithmetic (Ilharco et al. 2023, arXiv 2212.04089) on A and B apart",
    rank: "shared",
    isSparse: false,
    combine: onFactors(sum),
  },
  {
    name: "magnitude_prune",
    source: "PEFT: the largest entries of A and of B",
    rank: "shared",
    isSparse: true,
    combine: onFactors(sumOfLargest),
  },
  // Keeps the largest entries, elects a sign, averages what agrees.
  {
    name: "ties",
    source: "Yadav et al. 2023 (TIES), arXiv 2306.01708, on A and B apart as in PEFT",
    rank: "shared",
    isSparse: true,
    combine: onFactors(electedLargest),
  },
  // Drops entries at random, makes up for them, adds.
  {
    name: "dare_linear",
    source: "Yu et al. 2024 (DARE), arXiv 2311.03099, on A and B apart as in PEFT",
    rank: "shared",
    isSparse: true,
    combine: onFactors(sumOfRandom),
  },
  {
    name: "dare_ties",
    source: "DARE, then the election of TIES, on A and B apart as in PEFT",
    rank: "shared",
    isSparse: true,
    combine: onFactors(electedRandom),
  },
  {
    name: "magnitude_prune_svd",
    source: "PEFT: the largest entries of the updates, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(sumOfLargest),
  },
  {
    name: "ties_svd",
    source: "Yadav et al. 2023 (TIES), arXiv 2306.01708, on the updates, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(electedLargest),
  },
  {
    name: "dare_linear_svd",
    source: "Yu et al. 2024 (DARE), arXiv 2311.03099, on the updates, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(sumOfRandom),
  },
  {
    name: "dare_ties_svd",
    source: "DARE, then the election of TIES, on the updates, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(electedRandom),
  },
  {
    name: "della_svd",
    source:
      "Deep et al. 2024 (DELLA), arXiv 2406.11617, on the updates, as mergekit's `della`, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(electedLikely),
  },
  {
    name: "della_linear_svd",
    source: "DELLA without its election, as mergekit's `della_linear`, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(sumOfLikely),
  },
  {
    name: "breadcrumbs_svd",
    source:
      "Davari & Belilovsky 2023 (breadcrumbs), arXiv 2312.06795, on the updates, as mergekit's, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(sumOfMiddle),
  },
  {
    name: "breadcrumbs_ties_svd",
    source: "breadcrumbs, then the election of TIES, on the updates, then the nearest of low rank",
    rank: "chosen",
    isSparse: true,
    combine: onProducts(electedMiddle),
  },
  // Not in PEFT: from one update to the other, without losing length on the way.
  {
    name: "slerp",
    source: "Shoemake 1985; mergekit's `slerp`, on the updates",
    rank: "sum",
    isSparse: false,
    isBetweenTwo: true,
    combine: slerp,
  },
];
