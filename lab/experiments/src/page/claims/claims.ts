// The claims in the order of the page.

import type { Claim } from "./claim.ts";
import { cheapSwitching, cheapTraining, instructionsWithinReach, noLatency } from "./cost-claims.ts";
import {
  asGoodAsFull,
  asGoodAsPeft,
  asGoodAtWriting,
  asGoodElsewhere,
  betterThanOthers,
  queryAndValueTogether,
  smallRanksSuffice,
} from "./quality-claims.ts";
import { amplifies, seedsAgree, sharedTopDirection } from "./subspace-claims.ts";

export const claims: readonly Claim[] = [
  asGoodAsFull,
  asGoodAtWriting,
  asGoodElsewhere,
  betterThanOthers,
  noLatency,
  cheapTraining,
  cheapSwitching,
  instructionsWithinReach,
  queryAndValueTogether,
  smallRanksSuffice,
  sharedTopDirection,
  seedsAgree,
  amplifies,
  asGoodAsPeft,
];
