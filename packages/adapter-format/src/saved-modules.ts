// Modules that are trained whole and saved beside the low-rank pairs.

import type { LoraConfig } from "./lora-config.ts";
import { compilePattern } from "./pattern.ts";

/**
 * Whether PEFT trains a module whole: its path ends with one of `modules_to_save` (PEFT compares plain text, so
 * "norm" also means "input_layernorm").
 */
export function matchesSaved(config: Pick<LoraConfig, "modulesToSave">, path: string): boolean {
  return (config.modulesToSave ?? []).some((name) => path.endsWith(name));
}

/** Whether a path is, or lies inside, a module that is trained whole. */
export function isSavedModule(config: Pick<LoraConfig, "modulesToSave">, path: string): boolean {
  const segments = path.split(".");
  return segments.some((_, index) => matchesSaved(config, segments.slice(0, index + 1).join(".")));
}

/**
 * Whether a path is kept free of adapters because it, or what it lies in, is trained whole. PEFT puts each name as it
 * stands into a regular expression.
 */
export function isGuarded(config: Pick<LoraConfig, "modulesToSave">, path: string): boolean {
  return (config.modulesToSave ?? []).some((name) => isNamedIn(path, name));
}

/** Whether a name stands for a path or for something that it lies in; PEFT takes names for regular expressions here. */
export function isNamedIn(path: string, name: string): boolean {
  const around = (pattern: string): string => `(^|.*\\.)${pattern}($|\\..*)`;
  return compilePattern(name, "modules_to_save", around).matchesStart(path);
}
