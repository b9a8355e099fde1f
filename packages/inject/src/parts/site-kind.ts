// Layers with A and B.

import { LoraAdaptation } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import { type AdaptedSite, adaptSite } from "../adapted/adapted-site.ts";
import { UnsupportedSiteError } from "../errors/errors.ts";
import type { Tying } from "../hosts/tie-modules.ts";
import type { PlannedSite } from "../planned/planned-parts.ts";
import type { PartKind, PlanningTask } from "./part-kind.ts";
import type { PartMaker } from "./part-maker.ts";
import { planSites } from "./plan-sites.ts";
import { matrixLines } from "./table-lines.ts";

export const siteKind: PartKind<PlannedSite> = {
  part: "site",
  plan: planAll,
  tensors: ({ fileShapes }) => [...fileShapes],
  describe: matrixLines,
  hookPoints: ({ path }) => ({ sites: [path], parameters: [] }),
  build,
};

function planAll({ model, config, tying, adapted, refusals }: PlanningTask): readonly PlannedSite[] {
  const { entries, unsupported } = planSites(adapted ?? [], config, model.parameters());
  if (unsupported.length > 0) refusals.add(new UnsupportedSiteError(unsupported));
  return sharing(entries, tying);
}

/** Notes the heads that share the embedding's A and B, so that a merge cannot separate them. */
function sharing(entries: readonly PlannedSite[], { kind, embedding, tiedModules }: Tying): readonly PlannedSite[] {
  if (kind !== "targets") return entries;
  return entries.map((entry) => {
    if (entry.path !== embedding) return entry;
    const { tiedWith: _, ...alone } = entry;
    return { ...alone, sharedBy: tiedModules };
  });
}

function build(planned: PlannedSite, maker: PartMaker): AdaptedSite {
  const { path, scaling, vectors } = planned;
  const { adapterName, hookPoints, values } = maker;
  const site = hookPoints.site(path);
  const lora = values.lora(planned, maker.nameOf(path), site);
  const plain = new LoraAdaptation({ lora, site, scale: scaling, adapterName });
  const weight = () => (lora.baseChange?.kind === "replacement" ? tf.clone(lora.baseChange.weight) : site.readWeight());
  const siteBias = hookPoints.findParameter(site.biasPath ?? `${path}.bias`);
  const siteWeight = hookPoints.findParameter(`${path}.weight`);
  try {
    const variantVectors = maker.vectors(vectors, { ...planned, weight, plain });
    return adaptSite(planned, site, { lora, vectors: variantVectors }, { ...maker.wrapping, siteBias, siteWeight });
  } catch (error) {
    lora.dispose();
    throw error;
  }
}
