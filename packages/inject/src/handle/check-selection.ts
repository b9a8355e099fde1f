// What a call may not select. A weight of NaN makes every score NaN without a word, and of two adapters with values of their
// own for the same weight one would have its way without a word.

import { type ActiveAdapter, type AdaptableModel, type ForwardContext, selectedNames } from "@lowrank/contracts";
import { InvalidWeightError } from "../errors/errors.ts";
import { adaptersOn } from "./adapter-names.ts";
import { checkTogether } from "./conflicting-adapters.ts";

/** @throws InvalidWeightError naming all that are not finite */
export function checkWeights(adapters: readonly ActiveAdapter[]): void {
  const broken = adapters.filter(({ weight }) => !Number.isFinite(weight));
  if (broken.length > 0)
    throw new InvalidWeightError(broken.map(({ name, weight }) => ({ adapterName: name, weight })));
}

/**
 * `ownPath`: the weight that is about to be replaced by an adapter's own values, if one is.
 *
 * @throws InvalidWeightError; ConflictingAdaptersError with every weight that several adapters have of their own
 */
export function checkSelection(
  model: AdaptableModel,
  { adapters, training }: ForwardContext,
  ownPath: string | undefined,
): void {
  if (adapters.kind !== "active") return;
  checkWeights(adapters.adapters);
  if (ownPath === undefined || adapters.adapters.length < 2) return;
  const attached = adaptersOn(model);
  checkTogether(
    selectedNames(adapters).flatMap((name) => attached.get(name) ?? []),
    { training, first: ownPath },
  );
}
