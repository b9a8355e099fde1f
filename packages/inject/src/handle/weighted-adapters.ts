// Selects adapters that act together, with weights.

import type { AdapterSelection } from "@lowrank/contracts";
import { checkWeights } from "./check-selection.ts";

/**
 * The given adapters, each multiplied by its weight, and summed. `activeAdapters(…)` of `@lowrank/contracts` does this with
 * weights of 1.
 *
 * @throws INVALID_WEIGHT listing all weights that are not finite
 *
 * @example
 * ```ts
 * import { inferenceContext } from "@lowrank/contracts";
 * import { weightedAdapters } from "@lowrank/inject";
 *
 * const context = inferenceContext(weightedAdapters({ support: 1, formal: 0.5 }));
 * if (context.adapters.kind !== "active") throw new Error("both act");
 * ```
 */
export function weightedAdapters(weights: Readonly<Record<string, number>>): AdapterSelection {
  const adapters = Object.entries(weights).map(([name, weight]) => ({ name, weight }));
  checkWeights(adapters);
  return { kind: "active", adapters };
}
