// An output head that shares A and B of the embedding whose weight it shares.

import type { Site } from "@lowrank/contracts";
import type { LoraMatrices } from "@lowrank/math";
import { plainLayout, tiedHead } from "@lowrank/math/internal";
import type { PlannedTiedSite } from "../planned/planned-parts.ts";
import { adaptationOf, type VariantVectors } from "../variants/adaptation-of.ts";
import type { Wrapping } from "../variants/variant.ts";
import { vectorTensors } from "./adapted-site.ts";
import type { AdapterPart, AdapterVariable } from "./adapter-part.ts";
import { withChecks } from "./attach-all.ts";

export interface TiedSite extends AdapterPart {
  readonly part: "tied-site";
  readonly site: Site;
  readonly scaling: number;
}

export interface TiedSiteVariables {
  /** A and B of the embedding, which owns them. */
  readonly lora: LoraMatrices;
  /** The head's own vectors. */
  readonly vectors: VariantVectors;
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
        // Without own vectors, head and embedding get the same change and stay tied.
        ...(vectors.size > 0 ? { tiedWith: `${sourcePath}.weight` } : {}),
        read: () => site.readWeight(),
        fold: (weight, base) => adaptation.fold(weight, base),
        inRows: async () => ({ kind: "low-rank", ...(await adaptation.rows()) }),
        replace: (value) => site.replaceWeight(value),
      },
    ],
    attach: (adapter) => site.attach(adapter.name, withChecks(adaptation, adapter)),
    setScale: (factor) => {
      adaptation.scale = scaling * factor;
    },
    dispose: () => {
      adaptation.release?.();
      for (const variable of vectors.values()) variable.dispose();
    },
  };
}
