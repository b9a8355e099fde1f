// Matches a configuration with a model's modules: the modules to adapt, and warnings about names that matched nothing. PEFT is
// silent if one of several targets matches nothing (peft#1959).

import type { Warning } from "@lowrank/contracts";
import { defaultTargetsOf } from "@lowrank/contracts/families";
import { describeValue, type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { nothingMatchedError } from "../errors.ts";
import type { LoraConfig } from "../lora-config.ts";
import { explainUnmatched, nothingMatched, unmatchedWarnings } from "./explain-unmatched.ts";
import { excludePattern, isInChosenLayer, matchesTarget, targetVerdict } from "./matches-target.ts";
import { containersOf, endingsOf, minimalTargets } from "./minimal-targets.ts";
import { isRefusedByPeft, refusedByPeft } from "./refused-by-peft.ts";
import { isExcludedAsSaved, isSavedModule, matchesSaved } from "./saved-modules.ts";

/** Facts about the model whose modules are matched. */
export interface ModelFacts {
  /** transformers' `model_type`, for default targets. */
  readonly modelType?: string;
  /** Paths of all linear modules, for "all-linear". */
  readonly linearPaths?: readonly string[];
  /** Paths of output heads and classifiers, which "all-linear" excludes. */
  readonly outputHeadPaths?: readonly string[];
}

const factNames: OptionNames<ModelFacts> = { modelType: true, linearPaths: true, outputHeadPaths: true };

/** Which modules a configuration adapts. */
export interface MatchPlan {
  /** The configuration with `targetModules` as a list or pattern: defaults and "all-linear" are resolved and shortened. */
  readonly config: LoraConfig;
  /** Paths of the modules to adapt, in the order given. */
  readonly matched: readonly string[];
  /** Targets (or the pattern) that matched no module. */
  readonly unmatchedTargets: readonly string[];
  /** Modules that a target matches but `excludeModules` excludes. */
  readonly excluded: readonly string[];
  /** Modules that are trained in full. */
  readonly saved: readonly string[];
  /** Entries of `excludeModules` that excluded nothing. */
  readonly unusedExcludes: readonly string[];
  /** Similar names for the first twenty unmatched targets that are not names of modules. */
  readonly suggestions: ReadonlyMap<string, readonly string[]>;
  readonly warnings: readonly Warning[];
}

/**
 * Matches a configuration against a model's module paths.
 *
 * @throws NOTHING_MATCHED if no module is matched, or if there are neither targets nor defaults.
 * @throws UnsupportedPatternError for an unsupported regular expression.
 * @example
 * ```ts
 * import { createLoraConfig, planMatches } from "@lowrank/adapter-format";
 *
 * const config = createLoraConfig({ targetModules: ["q_proj", "v_porj"] });
 * const plan = planMatches(config, ["layers.0.self_attn.q_proj", "layers.0.self_attn.v_proj"]);
 * if (String(plan.suggestions.get("v_porj")) !== "v_proj") throw new Error("no suggestion");
 * ```
 */
export function planMatches(config: LoraConfig, modulePaths: readonly string[], facts: ModelFacts = {}): MatchPlan {
  refuseUnknownOptions("planMatches", facts, factNames);
  const resolved = { ...config, targetModules: resolveTargets(config, facts) };
  const verdicts = new Map(modulePaths.map((path) => [path, targetVerdict(resolved, path)]));
  const matched = modulePaths.filter((path) => verdicts.get(path) === "matched");
  const withoutExcludes = { ...resolved, excludeModules: null };
  const excluded = modulePaths.filter(
    (path) => verdicts.get(path) === "excluded" && targetVerdict(withoutExcludes, path) === "matched",
  );
  const unmatched = explainUnmatched(resolved, findUnmatchedTargets(resolved, modulePaths), modulePaths);
  if (matched.length === 0 && !resolved.targetParameters?.length)
    throw nothingMatched(resolved, unmatched, { excluded, modulePaths });
  const unusedExcludes = findUnusedExcludes(resolved, modulePaths);
  return {
    config: compact(resolved, matched, modulePaths),
    matched,
    unmatchedTargets: unmatched.targets,
    excluded,
    saved: modulePaths.filter((path) => matchesSaved(resolved, path)),
    unusedExcludes,
    suggestions: unmatched.suggestions,
    warnings: [
      ...unmatchedWarnings(unmatched),
      ...unusedExcludes.map(unusedWarning),
      ...refusedByPeft(matched, facts.modelType),
    ],
  };
}

function resolveTargets(config: LoraConfig, facts: ModelFacts): readonly string[] | string | null {
  const { targetModules } = config;
  if (typeof targetModules === "string" && targetModules.toLowerCase() === "all-linear")
    return allLinear(config, facts);
  if (targetModules !== null || config.targetParameters?.length) return targetModules;
  const { modelType } = facts;
  const defaults = modelType === undefined ? null : defaultTargetsOf(modelType);
  if (defaults !== null) return defaults;
  const reason = modelType === undefined ? "for this model" : `for models of type ${describeValue(modelType)}`;
  throw nothingMatchedError(
    [],
    new Map(),
    `No target modules were given, and there is no default ${reason}. Give names, or "all-linear".`,
  );
}

/**
 * Full paths of all linear modules, without the output head, modules that are trained in full and modules that PEFT refuses: PEFT
 * fails for these. It also fails if another module ends with the name of one that is trained in full (DistilBERT's "pre_classifier"
 * and "classifier"), because it excludes full names only.
 */
function allLinear(
  config: LoraConfig,
  { modelType, linearPaths = [], outputHeadPaths = [] }: ModelFacts,
): readonly string[] {
  const heads = new Set(outputHeadPaths);
  const isLeftOut = (path: string) => heads.has(path) || isExcludedAsSaved(config, path) || isSavedModule(config, path);
  return linearPaths.filter((path) => !isLeftOut(path) && !isRefusedByPeft(path, modelType));
}

/** Shortens long lists of full paths, unless layers are selected: the selection does not apply to full paths. */
function compact(config: LoraConfig, matched: readonly string[], modulePaths: readonly string[]): LoraConfig {
  const { targetModules } = config;
  if (targetModules === null || typeof targetModules === "string" || config.layersToTransform !== null) return config;
  const adapted = new Set(matched);
  if (!targetModules.every((target) => adapted.has(target))) return config;
  const others = modulePaths.filter((path) => !adapted.has(path));
  return { ...config, targetModules: minimalTargets(targetModules, [...others, ...containersOf(modulePaths)]) };
}

function findUnmatchedTargets(config: LoraConfig, modulePaths: readonly string[]): readonly string[] {
  const { targetModules } = config;
  if (targetModules === null) return [];
  const adaptable = modulePaths.filter((path) => !isExcludedAsSaved(config, path));
  const withoutExcludes = { ...config, excludeModules: null };
  if (typeof targetModules === "string")
    return adaptable.some((path) => matchesTarget(withoutExcludes, path)) ? [] : [targetModules];
  const matchable = new Set(adaptable.flatMap((path) => (isInChosenLayer(config, path) ? endingsOf(path) : [path])));
  return targetModules.filter((target) => !matchable.has(target));
}

function findUnusedExcludes(config: LoraConfig, modulePaths: readonly string[]): readonly string[] {
  const { excludeModules } = config;
  if (excludeModules === null) return [];
  if (typeof excludeModules !== "string") {
    const named = new Set(modulePaths.flatMap(endingsOf));
    return excludeModules.filter((name) => !named.has(name));
  }
  return modulePaths.some((path) => excludePattern(config).matchesWhole(path)) ? [] : [excludeModules];
}

function unusedWarning(name: string): Warning {
  return {
    code: "EXCLUDE_MATCHED_NOTHING",
    message: `The excluded name ${describeValue(name)} matches no module.`,
  };
}
