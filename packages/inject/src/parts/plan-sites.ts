// What each matched layer will get.

import { alphaOf, isSavedModule, type LoraConfig, rankOf, savingNames, scalingOf } from "@lowrank/adapter-format";
import { listed, type ParameterRef, type Site } from "@lowrank/contracts";
import { type FactorSpec, siteKinds } from "@lowrank/math";
import type { UnsupportedSiteError } from "../errors/errors.ts";
import type { PlannedSite } from "../planned/planned-parts.ts";
import { invocationOf } from "../variants/activated-lora/activated-lora.ts";
import { blockRefusal, plannedBlocks } from "../variants/bd-lora/bd-lora.ts";
import { kasaRefusal } from "../variants/kasa/kasa.ts";
import { factorKey, inFileOrder, pairFactors } from "../variants/pair-factors.ts";

/** What was planned, and what cannot be. */
export interface SitesPlan {
  readonly entries: readonly PlannedSite[];
  /** Sites that cannot be adapted as the configuration asks, and why. */
  readonly unsupported: UnsupportedSiteError["sites"];
}

/** One entry for each site that can be adapted, in the same order. */
export function planSites(sites: readonly Site[], config: LoraConfig, parameters: readonly ParameterRef[]): SitesPlan {
  const weights = new Set(parameters.map(({ path }) => path));
  const reasons = new Map(sites.map((site) => [site, refusal(site, config) ?? unrounded(site, config, weights)]));
  return {
    entries: sites.filter((site) => reasons.get(site) === null).map((site) => planSite(site, config)),
    unsupported: [...reasons].flatMap(([{ path, kind }, reason]) => (reason === null ? [] : [{ path, kind, reason }])),
  };
}

interface PairPlan {
  readonly blocks: PlannedSite["blocks"] | undefined;
  /** In the order of files. */
  readonly factors: readonly FactorSpec[];
}

function planSite(site: Site, config: LoraConfig): PlannedSite {
  const { path, kind, role, inFeatures, outFeatures, tiedWith } = site;
  const rank = rankOf(config, path);
  const blocks = plannedBlocks(config, path);
  const pair = { factors: inFileOrder(pairFactors(site, { rank, config, blocks })), blocks };
  const keys = keysOf(path, config, pair);
  const fileShapes = shapesOf(site, keys, pair);
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
    parameters: [...fileShapes.values()].reduce((sum, shape) => sum + shape.reduce((all, size) => all * size, 1), 0),
    keys,
    fileShapes,
    ...(blocks === undefined ? {} : { blocks }),
    ...(tiedWith === undefined ? {} : { tiedWith }),
  };
}

function keysOf(path: string, { useDora, loraBias }: LoraConfig, { factors, blocks }: PairPlan): PlannedSite["keys"] {
  const [a, b, between] = factors.map((factor) => factorKey(path, factor));
  return {
    a: a!,
    b: b!,
    ...(useDora ? { magnitude: `${path}.lora_magnitude_vector` } : {}),
    ...(loraBias && blocks?.half !== "b" ? { bias: `${path}.lora_B.bias` } : {}),
    ...(between === undefined ? {} : { diagonal: between }),
  };
}

function shapesOf(site: Site, keys: PlannedSite["keys"], { factors }: PairPlan): PlannedSite["fileShapes"] {
  const [a, b, ...between] = factors.map((factor) => [factorKey(site.path, factor), factor.fileShape] as const);
  return new Map([
    a!,
    b!,
    ...(keys.magnitude === undefined ? [] : [[keys.magnitude, siteKinds[site.kind].outputsInFile(site)] as const]),
    ...(keys.bias === undefined ? [] : [[keys.bias, [site.outFeatures]] as const]),
    ...between,
  ]);
}

/** Why a site cannot be adapted as the configuration asks; null if it can. */
function refusal(site: Site, config: LoraConfig): string | null {
  if (isSavedModule(config, site.path)) return savedReason(site, config);
  const ofVariant = blockRefusal(site, config) ?? kasaRefusal(site, config);
  if (ofVariant !== null) return ofVariant;
  if (site.kind !== "linear" && invocationOf(config) !== null) return "alora_invocation_tokens is for linear layers";
  if (site.kind === "embedding") return config.loraBias ? "lora_bias has no meaning for an embedding" : null;
  const rank = rankOf(config, site.path);
  const ofKind = siteKinds[site.kind].refusal(site, rank);
  if (ofKind !== null || site.geometry === undefined) return ofKind;
  const { groups } = site.geometry;
  if (groups > 1 && config.useDora) return `DoRA needs an update of its weight, which ${groups} groups do not have`;
  if (typeof config.init === "string" && config.init !== "gaussian")
    return `init_lora_weights = "${config.init}" is for linear layers`;
  return null;
}

/** PEFT finds modules to save by the end of their paths, and raises TypeError or KeyError where a pair is in one. */
function savedReason({ path }: Site, config: LoraConfig): string {
  const names = savingNames(config, path);
  return (
    `modules_to_save trains it whole – its path, or that of what it lies in, ends with ${listed(names)} –, ` +
    "and such a module can have no pair; exclude_modules with its path leaves the pair out"
  );
}

/** LoftQ and KaSA compute with a weight of their own in place of the frozen one. */
function unrounded(
  { kind, path }: Site,
  { init, kasaConfig }: LoraConfig,
  weights: ReadonlySet<string>,
): string | null {
  if (kind !== "linear" || weights.has(`${path}.weight`)) return null;
  const missing = "and this model does not offer it as a parameter";
  if (init === "loftq") return `init_lora_weights = "loftq" rounds the weight, ${missing}`;
  return kasaConfig === null ? null : `kasa_config takes directions out of the weight, ${missing}`;
}
