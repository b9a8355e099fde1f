// The table of methods: a new one is a file and a line here.

import type { CombinationMethod } from "./combination-method.ts";
import { cat } from "./methods/cat.ts";
import { dareLinear } from "./methods/dare-linear.ts";
import { dareLinearSvd } from "./methods/dare-linear-svd.ts";
import { dareTies } from "./methods/dare-ties.ts";
import { dareTiesSvd } from "./methods/dare-ties-svd.ts";
import { exact } from "./methods/exact.ts";
import { linear } from "./methods/linear.ts";
import { magnitudePrune } from "./methods/magnitude-prune.ts";
import { magnitudePruneSvd } from "./methods/magnitude-prune-svd.ts";
import { svd } from "./methods/svd.ts";
import { ties } from "./methods/ties.ts";
import { tiesSvd } from "./methods/ties-svd.ts";

/** Every way to combine adapters. */
export const combinationMethods: readonly CombinationMethod[] = [
  exact,
  cat,
  svd,
  linear,
  magnitudePrune,
  ties,
  dareLinear,
  dareTies,
  magnitudePruneSvd,
  tiesSvd,
  dareLinearSvd,
  dareTiesSvd,
];
