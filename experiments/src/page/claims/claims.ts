// The claims in the order of the page.

import type { Claim } from "./claim.ts";
import { cheapSwitching, cheapTraining, noLatency } from "./cost-claims.ts";
import {
  asGoodAsFull,
  asGoodAsPeft,
  asGoodAtWriting,
  betterThanOthers,
  queryAndValueTogether,
  smallRanksSuffice,
} from "./quality-claims.ts";
import { amplifies, seedsAgree, sharedTopDirection } from "./subspace-claims.ts";

export const claims: readonly Claim[] = [
  asGoodAsFull,
  asGoodAtWriting,
  betterThanOthers,
  noLatency,
  cheapTraining,
  cheapSwitching,
  queryAndValueTogether,
  smallRanksSuffice,
  sharedTopDirection,
  seedsAgree,
  amplifies,
  asGoodAsPeft,
];
