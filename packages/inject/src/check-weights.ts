// A weight of NaN makes every score NaN without a word, so no adapter acts with one.

import type { ActiveAdapter, Adaptation, AdapterSelection } from "@lowrank/contracts";
import { InvalidWeightError } from "./errors.ts";

/** @throws InvalidWeightError naming all that are not finite */
export function checkWeights(adapters: readonly ActiveAdapter[]): void {
  const broken = adapters.filter(({ weight }) => !Number.isFinite(weight));
  if (broken.length > 0)
    throw new InvalidWeightError(broken.map(({ name, weight }) => ({ adapterName: name, weight })));
}

/** The same adaptation, which refuses calls that select adapters – this one or others – with such weights. */
export function withWeightsChecked(adaptation: Adaptation): Adaptation {
  return {
    get variables() {
      return adaptation.variables;
    },
    apply(call) {
      checkSelection(call.context.adapters);
      return adaptation.apply(call);
    },
  };
}

function checkSelection(selection: AdapterSelection): void {
  if (selection.kind === "active") checkWeights(selection.adapters);
}
