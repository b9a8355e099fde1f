// The configuration of a combination: one rank everywhere, scaling 1, and targets that are exactly the layers it has.

import type { LoraConfig } from "@lowrank/adapter-format";
import { CombinationSettingError } from "./errors.ts";

/** Configuration of a combination in which every layer has scaling 1. */
export function exactConfig(configs: readonly LoraConfig[], rank: number, paths: readonly string[]): LoraConfig {
  const first = configs[0]!;
  return {
    ...first,
    rank,
    // Not inherited: alpha / √rank would multiply the result by √rank.
    rankStabilized: false,
    alpha: rank,
    rankPattern: new Map(),
    alphaPattern: new Map(),
    init: true,
    ...(sharedList(configs) ?? {
      targetModules: paths,
      layersToTransform: null,
      layersPattern: null,
      excludeModules: null,
    }),
    ...wholeWeights(configs),
  };
}

/** What PEFT writes: the first adapter's configuration with another rank; with `use_rslora` its scaling is √rank. */
export function peftConfig(configs: readonly LoraConfig[], rank: number): LoraConfig {
  const targetModules = peftTargets(configs);
  const patterns = { rankPattern: new Map(), alphaPattern: new Map() };
  return { ...configs[0]!, rank, alpha: rank, targetModules, ...patterns, ...wholeWeights(configs) };
}

function peftTargets(configs: readonly LoraConfig[]): readonly string[] | string {
  const lists = configs.flatMap(({ targetModules }) => (Array.isArray(targetModules) ? [targetModules] : []));
  const patterns = configs.flatMap(({ targetModules }) => (typeof targetModules === "string" ? [targetModules] : []));
  if (patterns.length === configs.length) return patterns.map((pattern) => `(${pattern})`).join("|");
  if (lists.length === configs.length) return [...new Set(lists.flat())];
  throw new CombinationSettingError(
    "target_modules",
    "a list here and a regular expression there",
    'the same kind for all adapters where compatible is "peft"',
  );
}

/** The list of names that all adapters share, if nothing else decides about layers. */
function sharedList(configs: readonly LoraConfig[]): Pick<LoraConfig, "targetModules"> | null {
  const decidesMore = configs.some(
    ({ layersToTransform, excludeModules }) => layersToTransform !== null || excludeModules !== null,
  );
  const lists = configs.map(({ targetModules }) => targetModules);
  if (decidesMore || !lists.every((list): list is readonly string[] => Array.isArray(list))) return null;
  // Of different lists, a name in one could match layers that the other adapter left out.
  const first = [...lists[0]!].sort().join("\n");
  return lists.every((list) => [...list].sort().join("\n") === first) ? { targetModules: lists[0]! } : null;
}

/** What one adapter trained whole goes along, and readers look for it only where the configuration says so. */
function wholeWeights(configs: readonly LoraConfig[]): Pick<LoraConfig, "bias" | "modulesToSave"> {
  return { bias: maxBiases(configs), modulesToSave: unionOf(configs.map(({ modulesToSave }) => modulesToSave ?? [])) };
}

/** Which biases some adapter trained. */
export function maxBiases(configs: readonly Pick<LoraConfig, "bias">[]): LoraConfig["bias"] {
  const trained = configs.map(({ bias }) => bias);
  return (["all", "lora_only"] as const).find((bias) => trained.includes(bias)) ?? "none";
}

function unionOf(lists: readonly (readonly string[])[]): readonly string[] | null {
  const union = [...new Set(lists.flat())];
  return union.length ? union : null;
}
