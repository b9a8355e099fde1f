// Which modules a configuration adapts. The order and meaning of the rules are PEFT's, tuners/tuners_utils.py,
// check_target_module_exists, version 0.21.2.

import type { LoraConfig } from "./lora-config.ts";
import { compilePattern } from "./pattern.ts";
import { isGuarded } from "./saved-modules.ts";

/** The fields that decide about targets. */
export type TargetFields = Pick<
  LoraConfig,
  "targetModules" | "excludeModules" | "modulesToSave" | "layersToTransform" | "layersPattern" | "targetParameters"
>;

/** What the rules say about one module. */
export type TargetVerdict = "matched" | "not-matched" | "excluded" | "saved-whole";

/**
 * What the configuration says about a module path. `targetModules` must be resolved: null and "all-linear" depend on
 * the model (see `planMatches`), and match nothing here.
 *
 * @throws UnsupportedPatternError for a regular expression that cannot be used.
 */
export function targetVerdict(config: TargetFields, path: string): TargetVerdict {
  if (isExcluded(config, path)) return "excluded";
  if (isGuarded(config, path)) return "saved-whole";
  return isTarget(config, path) ? "matched" : "not-matched";
}

/**
 * Whether the configuration adapts a module.
 *
 * @example
 * ```ts
 * import { createLoraConfig, matchesTarget } from "@lowrank/adapter-format";
 *
 * const config = createLoraConfig({ targetModules: ["q_proj"], layersToTransform: [1] });
 * if (!matchesTarget(config, "model.layers.1.self_attn.q_proj")) throw new Error("layer 1 is adapted");
 * if (matchesTarget(config, "model.layers.0.self_attn.q_proj")) throw new Error("layer 0 is not");
 * ```
 */
export function matchesTarget(config: TargetFields, path: string): boolean {
  return targetVerdict(config, path) === "matched";
}

/** Whether a path is a name, or ends with it after a dot. */
export function isNamed(path: string, name: string): boolean {
  return path === name || path.endsWith(`.${name}`);
}

function isExcluded({ excludeModules }: TargetFields, path: string): boolean {
  if (excludeModules === null || excludeModules.length === 0) return false;
  if (typeof excludeModules === "string") return compilePattern(excludeModules, "exclude_modules").matchesWhole(path);
  return excludeModules.some((name) => isNamed(path, name));
}

function isTarget(config: TargetFields, path: string): boolean {
  const { targetModules } = config;
  if (targetModules === null) return false;
  if (typeof targetModules === "string") return compilePattern(targetModules, "target_modules").matchesWhole(path);
  // A full name is taken as meant: the choice of layers does not apply to it.
  if (targetModules.includes(path)) return true;
  return targetModules.some((name) => path.endsWith(`.${name}`)) && isInChosenLayer(config, path);
}

/** Whether a path lies in a layer that `layersToTransform` names; true if it names none. */
export function isInChosenLayer({ layersToTransform, layersPattern }: TargetFields, path: string): boolean {
  const chosen = typeof layersToTransform === "number" ? [layersToTransform] : (layersToTransform ?? []);
  if (typeof layersToTransform !== "number" && chosen.length === 0) return true;
  const layer = layerOf(path, layersPattern);
  return layer !== null && chosen.includes(layer);
}

/**
 * The number after the first numbered container, or after the first container that a pattern names. Like PEFT, stops
 * at the first pattern that matches, even where an alternative of it leaves the number out.
 */
function layerOf(path: string, layersPattern: TargetFields["layersPattern"]): number | null {
  const patterns = typeof layersPattern === "string" ? [layersPattern] : (layersPattern ?? []);
  if (layersPattern === null || layersPattern.length === 0) return numberIn(/^.*?\.[^.]*\.(\d+)\./.exec(path)?.[1]);
  const before = (pattern: string): string => `(?:^|.*?\\.)${pattern}\\.(?P<layer>\\d+)\\.`;
  for (const pattern of patterns) {
    const layer = compilePattern(pattern, "layers_pattern", before).layerAtStart(path);
    if (layer !== undefined) return numberIn(layer);
  }
  return null;
}

function numberIn(digits: string | null | undefined): number | null {
  return digits ? Number.parseInt(digits, 10) : null;
}
