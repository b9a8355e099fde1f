// The exact sum with no more rank than it needs: components that are zero to rounding are left out by every layer.

import { lowRankSvd } from "@lowrank/math";
import type { CombinationMethod } from "../combination-method.ts";
import { factorsOf } from "../factors-of.ts";
import { besideOneAnother } from "./cat.ts";

/** The exact sum, compressed; adapters that share directions need less rank than "cat" gives them. */
export const exact: CombinationMethod = {
  name: "exact",
  source: "Σ wᵢ·sᵢ·Bᵢ·Aᵢ; not in PEFT",
  rank: "sum",
  isSparse: false,
  combine(pairs, settings) {
    const { a, b } = besideOneAnother(pairs);
    const found = lowRankSvd(b, a);
    const rank = Math.max(1, found.s.filter((value) => value > 1e-12 * found.s[0]!).length);
    return factorsOf(found, { ...settings, rank });
  },
};
