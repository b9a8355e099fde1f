// Layers with a pair.

import { LoraAdaptation } from "@lowrank/math";
import { type AdaptedSite, adaptSite, type SiteVariables } from "../adapted/adapted-site.ts";
import { UnsupportedSiteError } from "../errors/errors.ts";
import type { Tying } from "../hosts/tie-modules.ts";
import type { PlannedSite } from "../planned/planned-parts.ts";
import { invocationOf } from "../variants/activated-lora/activated-lora.ts";
import type { PartKind, PlanningTask } from "./part-kind.ts";
import type { PartMaker } from "./part-maker.ts";
import { planSites } from "./plan-sites.ts";
import { pairLines } from "./table-lines.ts";

export const siteKind: PartKind<PlannedSite> = {
  part: "site",
  plan: planAll,
  tensors: ({ fileShapes }) => [...fileShapes],
  describe: pairLines,
  doors: ({ path }) => ({ sites: [path], parameters: [] }),
  build,
};

function planAll({ model, config, tying, adapted, refusals }: PlanningTask): readonly PlannedSite[] {
  const { entries, unsupported } = planSites(adapted ?? [], config, model.parameters());
  if (unsupported.length > 0) refusals.add(new UnsupportedSiteError(unsupported));
  return sharing(entries, tying);
}

/** The embedding's entry, which knows who shares its pair; nobody is left who could be parted from it by a merge. */
function sharing(entries: readonly PlannedSite[], { kind, embedding, followers }: Tying): readonly PlannedSite[] {
  if (kind !== "targets") return entries;
  return entries.map((entry) => {
    if (entry.path !== embedding) return entry;
    const { tiedWith: _, ...alone } = entry;
    return { ...alone, sharedBy: followers };
  });
}

function build(planned: PlannedSite, maker: PartMaker): AdaptedSite {
  const { path, keys, scaling } = planned;
  const { adapterName, config, doors, values } = maker;
  const site = doors.site(path);
  const pair = values.pair(planned, maker.nameOf(path), site);
  let variables: SiteVariables = { pair };
  try {
    if (keys.magnitude !== undefined) {
      const plain = new LoraAdaptation({ pair, site, scale: scaling, adapterName });
      const base = () => (pair.beside?.kind === "stand-in" ? pair.beside.weight : site.readWeight());
      const lengths = values.magnitude(planned, base, plain);
      variables = { ...variables, magnitude: maker.variable(keys.magnitude, lengths) };
    }
    if (keys.bias !== undefined) variables = { ...variables, bias: maker.variable(keys.bias, values.bias(planned)) };
  } catch (error) {
    pair.dispose();
    variables.magnitude?.dispose();
    throw error;
  }
  const [siteBias, siteWeight] = ["bias", "weight"].map((one) => doors.findParameter(`${path}.${one}`));
  const common = { adapterName, dropout: config.dropout, invocation: invocationOf(config) };
  return adaptSite(planned, site, variables, { ...common, siteBias, siteWeight });
}
