// An output head that shares the pair of the embedding whose table it shares.

import type { Site } from "@lowrank/contracts";
import { type LoraMatrices, plainLayout, tiedHead } from "@lowrank/math";
import type { PlannedTiedSite } from "../planned/planned-parts.ts";
import { adaptationOf, type OwnVectors } from "../variants/adaptation-of.ts";
import type { Wrapping } from "../variants/variant.ts";
import { vectorTensors } from "./adapted-site.ts";
import type { AdapterPart, AdapterVariable } from "./adapter-part.ts";
import { withCallsChecked } from "./open-hook-points.ts";

export interface TiedSite extends AdapterPart {
  readonly part: "tied-site";
  readonly site: Site;
  readonly scaling: number;
}

export interface TiedSiteVariables {
  /** The embedding's, which owns it. */
  readonly lora: LoraMatrices;
  /** The head's own. */
  readonly vectors: OwnVectors;
}

export function tieSite(
  planned: PlannedTiedSite,
  site: Site,
  { lora, vectors }: TiedSiteVariables,
  options: Omit<Wrapping, "vector">,
): TiedSite {
  const { path, keys, scaling, sourcePath } = planned;
  const adaptation = adaptationOf({ lora, branch: tiedHead, scale: scaling }, vectors, options);
  const tensors: readonly AdapterVariable[] = [
    { key: keys.a, variable: lora.b, layout: plainLayout, isTrained: false }, // [rank, inFeatures]
    { key: keys.b, variable: lora.a, layout: plainLayout, isTrained: false }, // [outFeatures, rank]
    ...vectorTensors(planned, vectors),
  ];
  return {
    part: "tied-site",
    site,
    scaling,
    tensors,
    changes: [
      {
        path: `${path}.weight`,
        kind: "update",
        // Without numbers of their own, head and table get the same change and go on being one.
        ...(vectors.size > 0 ? { tiedWith: `${sourcePath}.weight` } : {}),
        read: () => site.readWeight(),
        fold: (weight, base) => adaptation.fold(weight, base),
        inRows: async () => ({ kind: "low-rank", ...(await adaptation.rows()) }),
        replace: (value) => site.replaceWeight(value),
      },
    ],
    open: (opener) => site.attach(opener.name, withCallsChecked(adaptation, opener)),
    setScale: (factor) => {
      adaptation.scale = scaling * factor;
    },
    dispose: () => {
      adaptation.release?.();
      for (const variable of vectors.values()) variable.dispose();
    },
  };
}
