// Plans A and B of each matched layer.

import { type LoraConfig, scalingOf } from "@lowrank/adapter-format";
import {
  alphaOf,
  drawsBothMatrices,
  initOf,
  isSavedModule,
  rankOf,
  savedModuleNames,
} from "@lowrank/adapter-format/internal";
import { listed, type Site } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { siteKinds } from "@lowrank/math/internal";
import type { UnsupportedSiteError } from "../errors/errors.ts";
import type { PlannedSite } from "../planned/planned-parts.ts";
import { factorKey, factorSpecs, inFileOrder } from "../variants/factor-specs.ts";
import { planVectors } from "../variants/plan-vectors.ts";
import { variantsOf } from "../variants/variants.ts";

export interface SitesPlan {
  readonly entries: readonly PlannedSite[];
  /** Sites that do not support the configuration, and why. */
  readonly unsupported: UnsupportedSiteError["sites"];
}

/** One entry for each site that can be adapted, in the same order. */
export function planSites(sites: readonly Site[], config: LoraConfig, parameters: readonly ParameterRef[]): SitesPlan {
  const weights = new Set(parameters.map(({ path }) => path));
  const reasons = new Map(
    sites.map((site) => [site, refusal(site, config) ?? replacementRefusal(site, config, weights)]),
  );
  return {
    entries: sites.filter((site) => reasons.get(site) === null).map((site) => planSite(site, config)),
    unsupported: [...reasons].flatMap(([{ path, kind }, reason]) => (reason === null ? [] : [{ path, kind, reason }])),
  };
}

function planSite(site: Site, config: LoraConfig): PlannedSite {
  const { path, kind, role, inFeatures, outFeatures, tiedWith } = site;
  const rank = rankOf(config, path);
  const factors = factorSpecs(site, { path, rank }, config);
  const [a, b, ...between] = inFileOrder(factors).map((factor) => [factorKey(path, factor), factor.fileShape] as const);
  const vectors = planVectors(site, factors, config);
  const fileShapes = new Map([a!, b!, ...vectors.fileShapes, ...between]);
  return {
    part: "site",
    path,
    kind,
    role,
    inFeatures,
    outFeatures,
    rank,
    alpha: alphaOf(config, path),
    scaling: scalingOf(config, path),
    parameters: countNumbers(fileShapes),
    keys: { a: a![0], b: b![0] },
    vectors: vectors.keys,
    fileShapes,
    ...(tiedWith === undefined ? {} : { tiedWith }),
  };
}

function countNumbers(shapes: PlannedSite["fileShapes"]): number {
  return [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((all, size) => all * size, 1), 0);
}

/** Why a site does not support the configuration; null if it does. */
function refusal(site: Site, config: LoraConfig): string | null {
  if (site.refusal !== undefined) return site.refusal;
  if (isSavedModule(config, site.path)) return savedReason(site, config);
  const ofKind = siteKinds[site.kind].refusal(site, rankOf(config, site.path));
  if (ofKind !== null) return ofKind;
  for (const row of variantsOf(config)) {
    const ofVariant = row.refusal?.(site, config) ?? null;
    if (ofVariant !== null) return ofVariant;
  }
  if (site.kind === "convolution" && !drawsBothMatrices(config))
    return `init_lora_weights = "${config.init}" is for linear layers`;
  return null;
}

/** PEFT finds modules to save by the end of their paths, and raises TypeError or KeyError if an adapted layer is in one. */
function savedReason({ path }: Site, config: LoraConfig): string {
  const names = savedModuleNames(config, path);
  return (
    `modules_to_save trains all of it (its path, or that of its parent, ends with ${listed(names)}), so it ` +
    "cannot have LoRA as well; give its path in exclude_modules to leave LoRA out"
  );
}

/** Some variants and initializations replace the frozen weight. */
function replacementRefusal({ kind, path }: Site, config: LoraConfig, weights: ReadonlySet<string>): string | null {
  if (kind !== "linear" || weights.has(`${path}.weight`)) return null;
  const ofInit = initOf(config).baseReplacement;
  const reasons = [
    ...(ofInit === undefined ? [] : [`init_lora_weights = "${config.init}" ${ofInit}`]),
    ...variantsOf(config).flatMap(({ baseReplacement }) => baseReplacement ?? []),
  ];
  return reasons.length === 0 ? null : `${reasons[0]}, and this model does not offer it as a parameter`;
}
