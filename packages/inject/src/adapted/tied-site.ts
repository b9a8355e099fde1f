// An output head that shares the pair of the embedding whose table it shares.

import type { Site } from "@lowrank/contracts";
import { DoraAdaptation, LoraAdaptation, type LoraPair, plainLayout, tiedHead } from "@lowrank/math";
import type * as tf from "@tensorflow/tfjs-core";
import type { PlannedTiedSite } from "../planned/planned-parts.ts";
import type { AdapterPart, AdapterVariable } from "./adapter-part.ts";
import { withCallsChecked } from "./checked-calls.ts";

/** What an adapter has at such a head. */
export interface TiedSite extends AdapterPart {
  readonly part: "tied-site";
  readonly site: Site;
  readonly scaling: number;
}

/** What it is made of. */
export interface TiedSiteVariables {
  /** The embedding's, which owns it. */
  readonly pair: LoraPair;
  /** DoRA's, [outFeatures]: the head's own. */
  readonly magnitude?: tf.Variable;
}

/** Puts it together; nothing is attached yet. */
export function tieSite(
  planned: PlannedTiedSite,
  site: Site,
  { pair, magnitude }: TiedSiteVariables,
  options: { readonly adapterName: string; readonly dropout: number },
): TiedSite {
  const { path, keys, scaling, pairOf } = planned;
  const common = { pair, branch: tiedHead, scale: scaling, adapterName: options.adapterName };
  const adaptation = magnitude
    ? new DoraAdaptation({ ...options, inner: new LoraAdaptation(common), magnitude })
    : new LoraAdaptation({ ...common, dropout: options.dropout });
  const tensors: AdapterVariable[] = [
    { key: keys.a, variable: pair.b, layout: plainLayout, isTrained: false }, // [rank, inFeatures]
    { key: keys.b, variable: pair.a, layout: plainLayout, isTrained: false }, // [outFeatures, rank]
  ];
  if (magnitude && keys.magnitude !== undefined)
    tensors.push({ key: keys.magnitude, variable: magnitude, layout: plainLayout, isTrained: true });
  return {
    part: "tied-site",
    site,
    scaling,
    tensors,
    changes: [
      {
        path: `${path}.weight`,
        kind: "update",
        // Without magnitudes of their own, head and table get the same change and go on being one.
        ...(magnitude ? { tiedWith: `${pairOf}.weight` } : {}),
        read: () => site.readWeight(),
        fold: (weight, base) => adaptation.fold(weight, base),
        replace: (value) => site.replaceWeight(value),
      },
    ],
    open: (opener) => site.attach(opener.name, withCallsChecked(adaptation, opener)),
    setScale: (factor) => {
      adaptation.scale = scaling * factor;
    },
    dispose: () => magnitude?.dispose(),
  };
}
