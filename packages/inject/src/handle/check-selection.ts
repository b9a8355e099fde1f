// Checks the selection of a call. A weight of NaN would silently make all logits NaN. If two adapters replace the same weight,
// one would silently be ignored.

import { type AdaptableModel, type ForwardContext, selectedNames } from "@lowrank/contracts";
import type { ActiveAdapter } from "@lowrank/contracts/internal";
import { invalidWeightError } from "../errors/errors.ts";
import { adaptersOn } from "./adapter-names.ts";
import { checkTogether } from "./conflicting-adapters.ts";

/** @throws INVALID_WEIGHT listing all weights that are not finite */
export function checkWeights(adapters: readonly ActiveAdapter[]): void {
  const broken = adapters.filter(({ weight }) => !Number.isFinite(weight));
  if (broken.length > 0) throw invalidWeightError(broken.map(({ name, weight }) => ({ adapterName: name, weight })));
}

/**
 * `replacedPath`: path of the weight that the adapter replaces at this hook point, if it does.
 *
 * @throws INVALID_WEIGHT; CONFLICTING_ADAPTERS with all weights that several adapters replace
 */
export function checkSelection(
  model: AdaptableModel,
  { adapters, training }: ForwardContext,
  replacedPath: string | undefined,
): void {
  if (adapters.kind !== "active") return;
  checkWeights(adapters.adapters);
  if (replacedPath === undefined || adapters.adapters.length < 2) return;
  const attached = adaptersOn(model);
  checkTogether(
    selectedNames(adapters).flatMap((name) => attached.get(name) ?? []),
    { training, path: replacedPath },
  );
}
