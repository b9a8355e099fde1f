// Plans heads that share an embedding's A and B.

import { type LoraConfig, scalingOf } from "@lowrank/adapter-format";
import { drawsBothMatrices, loraKeys, rankOf } from "@lowrank/adapter-format/internal";
import type { Site } from "@lowrank/contracts";
import { UnsupportedSiteError, unsupportedInitError } from "../errors/errors.ts";
import type { Tying } from "../hosts/tie-modules.ts";
import type { PlannedSite, PlannedTiedSite } from "../planned/planned-parts.ts";
import { planVectors } from "../variants/plan-vectors.ts";

/** Throws UNSUPPORTED_START if an initialization uses a weight that is to be shared. */
export function checkTiedInit({ kind }: Tying, config: LoraConfig): void {
  if (kind === "targets" && !drawsBothMatrices(config))
    throw unsupportedInitError(String(config.init), "ensure_weight_tying");
}

/** One entry for each tied module. Throws UnsupportedSiteError. */
export function planTiedSites(
  { kind, embedding, tiedModules }: Tying,
  config: LoraConfig,
  { sites, entries }: { readonly sites: readonly Site[]; readonly entries: readonly PlannedSite[] },
): readonly PlannedTiedSite[] {
  if (kind !== "targets") return [];
  const source = entries.find(({ path }) => path === embedding);
  const tied = sites.filter(({ path }) => tiedModules.includes(path));
  const problems = tied.flatMap((site) => {
    const reason = refusal(site, source, config);
    return reason === null ? [] : [{ path: site.path, kind: site.kind, reason }];
  });
  if (problems.length || source === undefined) throw new UnsupportedSiteError(problems);
  return tied.map((site) => planTiedSite(site, source, config));
}

function refusal({ kind, path }: Site, source: PlannedSite | undefined, config: LoraConfig): string | null {
  if (source === undefined)
    return "ensure_weight_tying ties it to the input embedding, which exclude_modules leaves out";
  if (kind !== "linear") return "ensure_weight_tying supports linear output heads only";
  const rank = rankOf(config, path);
  return rank === source.rank ? null : `it shares A and B of rank ${source.rank}, but rank_pattern gives it ${rank}`;
}

function planTiedSite(site: Site, source: PlannedSite, config: LoraConfig): PlannedTiedSite {
  const { path, inFeatures, outFeatures } = site;
  const { rank } = source;
  const vectors = planVectors(site, [], config);
  const keys = loraKeys(path);
  return {
    part: "tied-site",
    path,
    sourcePath: source.path,
    rank,
    scaling: scalingOf(config, path),
    parameters: vectors.keys.size * outFeatures,
    keys,
    vectors: vectors.keys,
    fileShapes: new Map([[keys.a, [rank, inFeatures]], [keys.b, [outFeatures, rank]], ...vectors.fileShapes]),
  };
}
