// Lists all unsupported regular expressions of a configuration. Matching stops at the first one.

import type { UnsupportedPatternError } from "../errors.ts";
import type { LoraConfig } from "../lora-config.ts";
import { problemOf } from "../patterns/pattern-list.ts";
import { excludePattern, layerPatterns, targetPattern } from "./matches-target.ts";
import { savedPatterns } from "./saved-modules.ts";
import { alphaPatterns, rankPatterns } from "./scaling.ts";

/** One error for each pattern at which `planMatches`, `rankOf` and `alphaOf` would throw; at most twenty for each field. */
export function unsupportedPatterns(config: LoraConfig): readonly UnsupportedPatternError[] {
  const { targetModules, excludeModules, layersToTransform, modulesToSave } = config;
  const isPattern = typeof targetModules === "string" && targetModules.toLowerCase() !== "all-linear";
  return [
    // Names in lists of targets and excluded modules are plain text.
    isPattern ? problemOf(() => targetPattern(config)) : null,
    typeof excludeModules === "string" ? problemOf(() => excludePattern(config)) : null,
    ...(layersToTransform === null ? [] : layerPatterns(config).problems()),
    ...(modulesToSave === null ? [] : savedPatterns(modulesToSave).problems()),
    ...rankPatterns(config.rankPattern).patterns.problems(),
    ...alphaPatterns(config.alphaPattern).patterns.problems(),
  ].filter((problem) => problem !== null);
}
