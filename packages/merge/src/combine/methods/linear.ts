// The factors added up, which has cross terms; kept because PEFT has it.

import type { CombinationMethod } from "../combination-method.ts";
import { onFactors } from "../on-factors.ts";
import { sum } from "../sparsify.ts";

/** A and B are summed apart: same rank, with cross terms. */
export const linear: CombinationMethod = {
  name: "linear",
  source: "PEFT; task arithmetic (Ilharco et al. 2023, arXiv 2212.04089) on A and B apart",
  rank: "shared",
  isSparse: false,
  combine: onFactors(sum),
};
