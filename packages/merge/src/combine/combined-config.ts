// The configuration of a combined adapter: one rank, scaling 1, and exactly its layers as targets.

import type { LoraConfig } from "@lowrank/adapter-format";
import { combinationSettingError } from "./errors.ts";

/** Configuration of a combined adapter in which every layer has scaling 1. */
export function exactConfig(configs: readonly LoraConfig[], rank: number, paths: readonly string[]): LoraConfig {
  const first = configs[0]!;
  return {
    ...first,
    rank,
    // rankStabilized is not inherited: it would multiply the result by √rank.
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

/** PEFT's result: the first adapter's configuration with another rank. With `use_rslora` its scaling is √rank. */
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
  throw combinationSettingError(
    "target_modules",
    "a list here and a regular expression there",
    'the same kind for all adapters where compatible is "peft"',
  );
}

/** The target list that all adapters share, if no other field selects layers. */
function sharedList(configs: readonly LoraConfig[]): Pick<LoraConfig, "targetModules"> | null {
  const decidesMore = configs.some(
    ({ layersToTransform, excludeModules }) => layersToTransform !== null || excludeModules !== null,
  );
  const lists = configs.map(({ targetModules }) => targetModules);
  if (decidesMore || !lists.every((list): list is readonly string[] => Array.isArray(list))) return null;
  // With different lists, a name of one could match layers that another adapter does not have.
  const first = [...lists[0]!].sort().join("\n");
  return lists.every((list) => [...list].sort().join("\n") === first) ? { targetModules: lists[0]! } : null;
}

/** Fields for weights that an adapter trained in full. Readers search for them only if the configuration lists them. */
function wholeWeights(configs: readonly LoraConfig[]): Pick<LoraConfig, "bias" | "modulesToSave"> {
  return { bias: maxBiases(configs), modulesToSave: unionOf(configs.map(({ modulesToSave }) => modulesToSave ?? [])) };
}

/** The widest bias mode of the adapters. */
export function maxBiases(configs: readonly Pick<LoraConfig, "bias">[]): LoraConfig["bias"] {
  const trained = configs.map(({ bias }) => bias);
  return (["all", "lora_only"] as const).find((bias) => trained.includes(bias)) ?? "none";
}

function unionOf(lists: readonly (readonly string[])[]): readonly string[] | null {
  const union = [...new Set(lists.flat())];
  return union.length ? union : null;
}
