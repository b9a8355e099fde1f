// PEFT uses the first key of `rank_pattern` and `alpha_pattern` that matches a module, but sorts the keys when it saves
// (json.dumps with sort_keys). If two keys match the same module, sorting may change the adapter.

import type { Warning } from "@lowrank/contracts";
import { describeValue } from "@lowrank/contracts/internal";
import { sorted } from "../../json.ts";
import type { Adapter, LoraConfig } from "../../lora-config.ts";
import { isNamed } from "../../targets/matches-target.ts";
import { alphaOf, rankOf } from "../../targets/scaling.ts";
import { parseTensorKey, rankAxisOf } from "../../tensor-keys.ts";

type Patterns = ReadonlyMap<string, number>;

/**
 * Makes patterns independent of their order: sorted, as PEFT writes them, if that changes nothing for the adapter's
 * modules; else one key for each module.
 */
export function withSortedPatterns({ config, tensors }: Pick<Adapter, "config" | "tensors">): LoraConfig {
  const { rank, alpha, rankPattern, alphaPattern } = config;
  if (rankPattern.size < 2 && alphaPattern.size < 2) return config;
  const paths = adaptedPaths(config, tensors.keys());
  const rankBy = (patterns: Patterns) => (path: string) => rankOf({ ...config, rankPattern: patterns }, path);
  const alphaBy = (patterns: Patterns) => (path: string) => alphaOf({ ...config, alphaPattern: patterns }, path);
  return {
    ...config,
    rankPattern: inAnyOrder(rankPattern, { paths, valueBy: rankBy, defaultValue: rank }),
    alphaPattern: inAnyOrder(alphaPattern, { paths, valueBy: alphaBy, defaultValue: alpha }),
  };
}

/** A key of `rankPattern` or `alphaPattern` that matches only the module at this path. */
export function patternFor(path: string): string {
  return `^${path.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}`;
}

/** A warning if sorted keys of a file give modules an alpha that may not be intended. Wrong ranks are errors. */
export function patternOrderWarnings(config: LoraConfig, keys: Iterable<string>): readonly Warning[] {
  const { alphaPattern } = config;
  if (alphaPattern.size < 2 || !areSorted(alphaPattern)) return [];
  const backwards = { ...config, alphaPattern: new Map([...alphaPattern].reverse()) };
  const doubtful = adaptedPaths(config, keys).filter((path) => alphaOf(config, path) !== alphaOf(backwards, path));
  const [first] = doubtful;
  if (first === undefined) return [];
  const message =
    `Several keys of alpha_pattern match ${doubtful.length === 1 ? "a module" : `${doubtful.length} modules`}, ` +
    `${describeValue(first)} ${doubtful.length === 1 ? "" : "first, "}with different values. The first key counts, as in ` +
    `PEFT; but PEFT sorts the keys when it saves, so these may have stood in another order when the adapter was trained.`;
  return [{ code: "PATTERN_ORDER_LOST", message }];
}

/** The paths for which ranks are looked up: modules with A and B, and raw parameters that may be meant instead. */
function adaptedPaths({ targetParameters }: LoraConfig, keys: Iterable<string>): readonly string[] {
  const paths = new Set<string>();
  for (const key of keys) {
    const parsed = parseTensorKey(key);
    if (parsed === null || rankAxisOf(parsed.part) === null) continue;
    const module = parsed.path.replace(/(\.base_layer)+$/, "");
    paths.add(module);
    for (const name of targetParameters ?? []) {
      const parameter = `${module}.${name.slice(name.lastIndexOf(".") + 1)}`;
      if (isNamed(parameter, name)) paths.add(parameter);
    }
  }
  return [...paths];
}

interface Lookup {
  readonly paths: readonly string[];
  readonly valueBy: (patterns: Patterns) => (path: string) => number;
  /** The value for modules that no key matches. */
  readonly defaultValue: number;
}

function inAnyOrder(patterns: Patterns, { paths, valueBy, defaultValue }: Lookup): Patterns {
  if (areSorted(patterns)) return patterns;
  const inOrder = new Map(sorted([...patterns]));
  const [meant, whenSorted] = [valueBy(patterns), valueBy(inOrder)];
  const values = paths.map((path) => ({ path, value: meant(path) }));
  if (values.every(({ path, value }) => whenSorted(path) === value)) return inOrder;
  const differing = values.filter(({ value }) => value !== defaultValue);
  return new Map(sorted(differing.map(({ path, value }) => [patternFor(path), value])));
}

function areSorted(patterns: Patterns): boolean {
  const keys = sorted([...patterns]).map(([key]) => key);
  return [...patterns.keys()].every((key, index) => key === keys[index]);
}
