// Which of a file's tensors hold several of the model's.

import type { ModelConfig } from "../model-config.ts";
import { placeOf } from "./plan-stacks.ts";

/** Of each such tensor – by its key – the keys that its parts have in files of today, in the order of their rows. */
export type SplitPlan = ReadonlyMap<string, readonly string[]>;

/** Tensors to take apart, unless the file has the parts as well. */
export function planSplits({ family }: ModelConfig, fileKeys: Iterable<string>): SplitPlan {
  const rows = family.fusedFileKeys ?? [];
  if (rows.length === 0) return new Map();
  const keys = new Set(fileKeys);
  const splits = new Map<string, readonly string[]>();
  for (const { file, paths } of rows) {
    for (const key of keys) {
      const place = placeOf(key, file);
      if (place === null) continue;
      const parts = paths.map((path) => place.prefix + path.replace("{n}", place.layer));
      if (!parts.some((part) => keys.has(part))) splits.set(key, parts);
    }
  }
  return splits;
}
