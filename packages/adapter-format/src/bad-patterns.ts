// Every regular expression of a configuration that cannot be used: matching itself stops at the first.

import { UnsupportedPatternError } from "./errors.ts";
import type { LoraConfig } from "./lora-config.ts";
import { compilePattern } from "./pattern.ts";

/**
 * One error for each pattern that `planMatches`, `rankOf` and `alphaOf` would stop at.
 *
 * @example
 * ```ts
 * import { badPatterns, createLoraConfig } from "@lowrank/adapter-format";
 *
 * const config = createLoraConfig({ targetModules: "q(?=_proj)", excludeModules: "(a)\\1" });
 * if (badPatterns(config).length !== 2) throw new Error("both are beyond RE2");
 * ```
 */
export function badPatterns(config: LoraConfig): readonly UnsupportedPatternError[] {
  return patternsOf(config).flatMap(([key, pattern]) => {
    try {
      compilePattern(pattern, key);
      return [];
    } catch (error) {
      if (error instanceof UnsupportedPatternError) return [error];
      throw error;
    }
  });
}

/** By PEFT's key; names in lists of targets and excludes are plain text. */
function patternsOf(config: LoraConfig): readonly (readonly [key: string, pattern: string])[] {
  const { targetModules, excludeModules, layersPattern, layersToTransform, modulesToSave } = config;
  const layers = typeof layersPattern === "string" ? [layersPattern] : (layersPattern ?? []);
  return [
    ...only(targetModules).map((one) => ["target_modules", one] as const),
    ...only(excludeModules).map((one) => ["exclude_modules", one] as const),
    ...(layersToTransform === null ? [] : layers.map((one) => ["layers_pattern", one] as const)),
    ...(modulesToSave ?? []).map((one) => ["modules_to_save", one] as const),
    ...[...config.rankPattern.keys()].map((one) => ["rank_pattern", one] as const),
    ...[...config.alphaPattern.keys()].map((one) => ["alpha_pattern", one] as const),
  ];
}

function only(names: readonly string[] | string | null): readonly string[] {
  return typeof names === "string" ? [names] : [];
}
