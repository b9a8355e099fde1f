// Output heads that share A and B of the embedding (PEFT's `ensure_weight_tying`).

import { LoraAdaptation } from "@lowrank/math";
import { tiedHead } from "@lowrank/math/internal";
import { type TiedSite, tieSite } from "../adapted/tied-site.ts";
import { type PlannedTiedSite, partsOf } from "../planned/planned-parts.ts";
import type { PartKind, PlanningTask } from "./part-kind.ts";
import type { PartMaker } from "./part-maker.ts";
import { planTiedSites } from "./plan-tied-sites.ts";

export const tiedSiteKind: PartKind<PlannedTiedSite> = {
  part: "tied-site",
  plan: planAll,
  tensors: ({ fileShapes }) => [...fileShapes],
  // The embedding's line counts A and B.
  describe: () => [],
  hookPoints: ({ path }) => ({ sites: [path], parameters: [] }),
  build,
};

function planAll({ model, config, tying, adapted, planned }: PlanningTask): readonly PlannedTiedSite[] {
  const entries = partsOf({ parts: planned }, "site");
  // A head shares the embedding's A and B, which may be missing if a layer was refused.
  if (entries.length !== adapted?.length) return [];
  return planTiedSites(tying, config, { sites: model.sites(), entries });
}

function build(planned: PlannedTiedSite, maker: PartMaker): TiedSite {
  const site = maker.hookPoints.site(planned.path);
  // The embedding was built before.
  const { lora } = partsOf({ parts: maker.builtParts }, "site").find((one) => one.site.path === planned.sourcePath)!;
  const { path, outFeatures } = site;
  const plain = new LoraAdaptation({ lora, branch: tiedHead, scale: planned.scaling });
  const layer = { path, outFeatures, rank: lora.rank, weight: () => site.readWeight(), plain };
  return tieSite(planned, site, { lora, vectors: maker.vectors(planned.vectors, layer) }, maker.wrapping);
}
