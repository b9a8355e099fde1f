// Modules that are trained in full and saved with the adapter.

import type { LoraConfig } from "../lora-config.ts";
import { isShort, memoizePer } from "../patterns/pattern.ts";
import { PatternList } from "../patterns/pattern-list.ts";
import { containersOf } from "./minimal-targets.ts";

type SavedFields = Pick<LoraConfig, "modulesToSave">;

/**
 * Whether PEFT trains a module in full: its path ends with one of `modules_to_save`. PEFT compares plain text, so "norm" also
 * matches "input_layernorm".
 */
export function matchesSaved({ modulesToSave }: SavedFields, path: string): boolean {
  if (modulesToSave === null) return false;
  return [...namesByLength(modulesToSave)].some(([length, names]) => names.has(path.slice(-length)));
}

/** Whether a path is a module that is trained in full, or inside one. */
export function isSavedModule(config: SavedFields, path: string): boolean {
  return selfAndContainers(path).some((module) => matchesSaved(config, module));
}

/** The entries of `modules_to_save` for which `isSavedModule` is true. */
export function savedModuleNames({ modulesToSave }: SavedFields, path: string): readonly string[] {
  const modules = selfAndContainers(path);
  return (modulesToSave ?? []).filter((name) => modules.some((module) => module.endsWith(name)));
}

/**
 * Whether a path gets no adapter because it, or a module around it, is trained in full. PEFT inserts each name unescaped into a
 * regular expression.
 */
export function isExcludedAsSaved({ modulesToSave }: SavedFields, path: string): boolean {
  return firstNamedIn(modulesToSave ?? [], path) !== null;
}

/** The position of the first name that matches a path or a module around it, or null. PEFT reads the names as regular expressions here. */
export function firstNamedIn(names: readonly string[], path: string): number | null {
  if (names.length === 0 || !isShort(path)) return null;
  const patterns = savedPatterns(names);
  const named = Math.min(...selfAndContainers(path).map((module) => patterns.names.firstAtEnd(module)));
  const other = patterns.firstBefore(named, (pattern) => pattern.matchesStart(path) || undefined);
  return other?.position ?? (Number.isFinite(named) ? named : null);
}

export const savedPatterns = memoizePer((names: readonly string[]) => {
  const wrap = (source: string): string => `(^|.*\\.)${source}($|\\..*)`;
  return new PatternList(names, { key: "modules_to_save", wrap });
});

/** Names by length, to compare the end of a path with thousands of names at once. */
const namesByLength = memoizePer((names: readonly string[]) => {
  const byLength = new Map<number, Set<string>>();
  for (const name of names) byLength.set(name.length, (byLength.get(name.length) ?? new Set()).add(name));
  return byLength;
});

function selfAndContainers(path: string): readonly string[] {
  return [...containersOf([path]), path];
}
