// Every optimiser; adding one is one file and one line.

import { adafactor } from "./adafactor.ts";
import { adamw } from "./adamw.ts";
import { lion } from "./lion.ts";
import type { OptimizerRule } from "./rule.ts";
import { sgd } from "./sgd.ts";

/** The names of the optimisers. */
export type OptimizerName = "adamw" | "sgd" | "lion" | "adafactor";

/** The optimisers by name. */
export const optimizers: ReadonlyMap<string, OptimizerRule> = new Map(
  [adamw, sgd, lion, adafactor].map((row) => [row.name, row]),
);

/** The optimiser of this name. */
export function ruleOf(name: OptimizerName): OptimizerRule {
  return optimizers.get(name) ?? adamw;
}
