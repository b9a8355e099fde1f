// Which modules a configuration adapts. The order and meaning of the rules are PEFT's, tuners/tuners_utils.py,
// check_target_module_exists, version 0.21.2.

import type { LoraConfig } from "../lora-config.ts";
import { compilePattern, isShort, memoizePer } from "../patterns/pattern.ts";
import { PatternList } from "../patterns/pattern-list.ts";
import { endingsOf } from "./minimal-targets.ts";
import { isExcludedAsSaved } from "./saved-modules.ts";

/** The fields that select modules. */
export type TargetFields = Pick<
  LoraConfig,
  "targetModules" | "excludeModules" | "modulesToSave" | "layersToTransform" | "layersPattern" | "targetParameters"
>;

/** The result of the rules for one module. */
export type TargetVerdict = "matched" | "not-matched" | "excluded" | "saved-whole";

/**
 * Applies the rules to a module path. `targetModules` must be resolved: null and "all-linear" depend on the model (see
 * `planMatches`) and match nothing here.
 *
 * @throws UnsupportedPatternError for an unsupported regular expression.
 */
export function targetVerdict(config: TargetFields, path: string): TargetVerdict {
  if (isExcluded(config, path)) return "excluded";
  if (isExcludedAsSaved(config, path)) return "saved-whole";
  return isTarget(config, path) ? "matched" : "not-matched";
}

/** Whether the configuration adapts a module. */
export function matchesTarget(config: TargetFields, path: string): boolean {
  return targetVerdict(config, path) === "matched";
}

/** Whether a path is a name, or ends with it after a dot. */
export function isNamed(path: string, name: string): boolean {
  return path === name || path.endsWith(`.${name}`);
}

const setOf = memoizePer((names: readonly string[]): ReadonlySet<string> => new Set(names));
export const targetPattern = memoizePer(({ targetModules }: TargetFields) =>
  compilePattern(String(targetModules), "target_modules"),
);

export const excludePattern = memoizePer(({ excludeModules }: TargetFields) =>
  compilePattern(String(excludeModules), "exclude_modules"),
);

function isExcluded(config: TargetFields, path: string): boolean {
  const { excludeModules } = config;
  if (excludeModules === null || excludeModules.length === 0) return false;
  if (typeof excludeModules === "string") return excludePattern(config).matchesWhole(path);
  const excluded = setOf(excludeModules);
  return endingsOf(path).some((ending) => excluded.has(ending));
}

function isTarget(config: TargetFields, path: string): boolean {
  const { targetModules } = config;
  if (targetModules === null) return false;
  if (typeof targetModules === "string") return targetPattern(config).matchesWhole(path);
  const targets = setOf(targetModules);
  // A full path is always adapted: the selection of layers does not apply to it.
  if (targets.has(path)) return true;
  return endingsOf(path).some((ending) => targets.has(ending)) && isInChosenLayer(config, path);
}

/** Whether a path is in one of `layersToTransform`; true if that is not set. */
export function isInChosenLayer(config: TargetFields, path: string): boolean {
  const { layersToTransform } = config;
  const chosen = typeof layersToTransform === "number" ? [layersToTransform] : (layersToTransform ?? []);
  if (typeof layersToTransform !== "number" && chosen.length === 0) return true;
  const layer = layerOf(config, path);
  return layer !== null && chosen.includes(layer);
}

/**
 * The number after the first numbered container, or after the first container that a pattern names. Like PEFT, it stops at the
 * first pattern that matches, even if the match has no number.
 */
function layerOf(config: TargetFields, path: string): number | null {
  const { layersPattern } = config;
  if (layersPattern === null || layersPattern.length === 0) return numberIn(/^.*?\.[^.]*\.(\d+)\./.exec(path)?.[1]);
  if (!isShort(path)) return null;
  const patterns = layerPatterns(config);
  const [named] = numberedContainers(path)
    .map(({ container, layer }) => ({ position: patterns.names.firstAtEnd(container), found: layer }))
    .filter(({ position }) => Number.isFinite(position))
    .sort((one, other) => one.position - other.position);
  const end = named?.position ?? Number.POSITIVE_INFINITY;
  const match = patterns.firstBefore(end, (pattern) => pattern.layerAtStart(path)) ?? named;
  return numberIn(match?.found);
}

/** The patterns of `layersPattern`, which match the path before a layer's number. */
export const layerPatterns = memoizePer(({ layersPattern }: TargetFields) => {
  const wrap = (pattern: string): string => `(?:^|.*?\\.)${pattern}\\.(?P<layer>\\d+)\\.`;
  const patterns = typeof layersPattern === "string" ? [layersPattern] : (layersPattern ?? []);
  return new PatternList(patterns, { key: "layers_pattern", wrap });
});

/** The path before each number, the outermost first: "a" and 0, "a.0.b" and 1 for "a.0.b.1.c". */
function numberedContainers(path: string): readonly { readonly container: string; readonly layer: string }[] {
  return [...path.matchAll(/\.(\d+)(?=\.)/g)].map(({ index, 1: layer = "" }) => ({
    container: path.slice(0, index),
    layer,
  }));
}

function numberIn(digits: string | null | undefined): number | null {
  return digits ? Number.parseInt(digits, 10) : null;
}
