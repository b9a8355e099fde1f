// Explains why a target matched nothing: other layers are selected, the module is trained in full, or the name is misspelt.

import type { LowrankError, Warning } from "@lowrank/contracts";
import { describeValue, editDistance, enumerated, printable } from "@lowrank/contracts/internal";
import { nothingMatchedError } from "../errors.ts";
import type { LoraConfig } from "../lora-config.ts";
import { isNamed } from "./matches-target.ts";
import { isExcludedAsSaved } from "./saved-modules.ts";

/** A file may name thousands of missing modules. The first ones are enough for a message. */
const maxExplained = 20;

/** Targets that matched nothing, with explanations. */
export interface Unmatched {
  readonly targets: readonly string[];
  /** Similar names for the first twenty targets that are not names of modules. */
  readonly suggestions: ReadonlyMap<string, readonly string[]>;
  /** For the first twenty: the text after "matches no module". */
  readonly reasons: ReadonlyMap<string, string>;
}

/** Finds the reason for each target. */
export function explainUnmatched(
  config: LoraConfig,
  targets: readonly string[],
  modulePaths: readonly string[],
): Unmatched {
  const suggestions = new Map<string, readonly string[]>();
  const reasons = new Map<string, string>();
  for (const target of targets.slice(0, maxExplained)) {
    const named = modulePaths.filter((path) => isNamed(path, target));
    const adaptable = named.filter((path) => !isExcludedAsSaved(config, path));
    if (named.length === 0) suggestions.set(target, nearNames(target, modulePaths));
    reasons.set(target, reasonFor(config, { named, adaptable, target, near: suggestions.get(target) ?? [] }));
  }
  return { targets, suggestions, reasons };
}

interface Facts {
  readonly target: string;
  /** The modules with the target's name, and those of them that are not in modules_to_save. */
  readonly named: readonly string[];
  readonly adaptable: readonly string[];
  readonly near: readonly string[];
}

function reasonFor(config: LoraConfig, { target, named, adaptable, near }: Facts): string {
  if (adaptable.length > 0) return otherLayers(config, adaptable);
  if (named.length > 0) return " that could be adapted: modules_to_save already trains all of it.";
  const current = renamedModules.get(target);
  const renamed =
    current === undefined ? "." : `: transformers 5 calls it ${current}, and this model has none. Leave it out.`;
  const likely = near.length > 0 ? `. Did you mean ${enumerated(near.map(printable))}?` : renamed;
  const isPatternInList = typeof config.targetModules !== "string" && /[\\^$*+?()[\]{}|]/.test(target);
  if (!isPatternInList) return likely;
  return `${likely} Names in a list are taken literally; give a regular expression as one text, not in a list.`;
}

/** The reason if only the selected layers exclude the target's modules. */
function otherLayers({ layersToTransform, layersPattern }: LoraConfig, adaptable: readonly string[]): string {
  const pattern = layersPattern?.length ? ` and layers_pattern = ${describeValue(layersPattern)} choose` : " chooses";
  const layers = numberedLayers(adaptable);
  const whereItIs = layers.size === 0 ? "it is in no numbered layer" : `it is in ${describeLayers(layers)}`;
  return ` in the layers that layers_to_transform = ${describeValue(layersToTransform)}${pattern}: ${whereItIs}.`;
}

/** A warning for each of the first twenty unmatched targets (others matched), and one for the rest. */
export function unmatchedWarnings({ targets, reasons }: Unmatched): readonly Warning[] {
  const warnings = [...reasons].map(
    ([target, reason]) => `The target ${describeValue(target)} matches no module${reason}`,
  );
  const rest = targets.length - warnings.length;
  if (rest > 0) warnings.push(`${rest} more targets match no module.`);
  return warnings.map((message) => ({ code: "TARGET_MATCHED_NOTHING", message }));
}

/** The error for a configuration without any matched target. */
export function nothingMatched(
  { targetModules }: LoraConfig,
  { suggestions, reasons }: Unmatched,
  { excluded, modulePaths }: { readonly excluded: readonly string[]; readonly modulePaths: readonly string[] },
): LowrankError {
  const targets = typeof targetModules === "string" ? [targetModules] : (targetModules ?? []);
  if (excluded.length > 0) {
    const message = `Every module that the targets name (${excluded.length}) is left out by exclude_modules.`;
    return nothingMatchedError(targets, suggestions, message);
  }
  const lines = [...reasons].map(([target, reason]) => `\n  - ${describeValue(target)} matches no module${reason}`);
  const message = `No module matches the targets ${describeValue(targets)}:${lines.join("")}\n${examplesOf(modulePaths)}`;
  return nothingMatchedError(targets, suggestions, message);
}

function examplesOf(modulePaths: readonly string[]): string {
  const endings = [...new Set(modulePaths.map((path) => path.slice(path.lastIndexOf(".") + 1)))];
  return endings.length === 0
    ? "The model has no modules."
    : `The model's modules end with ${enumerated(endings.map(printable))}.`;
}

const maxSuggestions = 3;

/** Modules renamed in transformers 5: old name → new name. */
const renamedModules: ReadonlyMap<string, string> = new Map([["embed_out", "lm_head"]]);

/** Up to three endings of module paths that are most similar to a name, the best first. */
export function nearNames(name: string, modulePaths: Iterable<string>): readonly string[] {
  const last = lastSegment(name).toLowerCase();
  const candidates = new Set([...modulePaths].map(lastSegment).filter((segment) => segment !== ""));
  const current = renamedModules.get(last);
  if (current !== undefined) return candidates.has(current) ? [current] : [];
  return [...candidates]
    .map((candidate) => ({ candidate, distance: distanceOf(last, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.ceil(last.length / 3)))
    .sort((left, right) => left.distance - right.distance || (left.candidate < right.candidate ? -1 : 1))
    .slice(0, maxSuggestions)
    .map(({ candidate }) => candidate);
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

/** Edit distance of two words; 0 if one contains the other. */
function distanceOf(left: string, right: string): number {
  if (left.length > 64 || right.length > 64) return Number.POSITIVE_INFINITY;
  if (left.length > 1 && right.length > 1 && (left.includes(right) || right.includes(left))) return 0.5;
  return editDistance(left, right);
}

/** The numbers after each container's name, "layers" → 0, 1, 2, in ascending order. */
export function numberedLayers(paths: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, Set<number>>();
  for (const path of paths)
    for (const [, name = "", digits = ""] of path.matchAll(/(?:^|\.)([^.]+)\.(\d+)(?=\.)/g))
      found.set(name, (found.get(name) ?? new Set()).add(Number.parseInt(digits, 10)));
  return new Map([...found].map(([name, numbers]) => [name, [...numbers].sort((one, other) => one - other)]));
}

/** "layers 0 to 5", "h 1, 3, 7"; several containers are listed one after the other. */
export function describeLayers(layers: ReadonlyMap<string, readonly number[]>): string {
  return [...layers].map(([name, numbers]) => `${name} ${describeNumbers(numbers)}`).join("; ");
}

function describeNumbers(numbers: readonly number[]): string {
  const [first = 0, last = 0] = [numbers[0], numbers.at(-1)];
  if (numbers.length > 2 && last - first === numbers.length - 1) return `${first} to ${last}`;
  return enumerated(numbers);
}
