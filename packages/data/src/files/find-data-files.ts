// Finds the files that match a pattern which no shell has expanded: "data/*.jsonl", "data/**/part-?.parquet".

import { readdir, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { dataFileError } from "../errors.ts";

/** Limit for patterns that would search a whole disk. */
const maxEntries = 1_000_000;

/**
 * The path itself, or the files that match its `*` (within a name), `?` (one character) and `**` (any folders), sorted. Names that
 * begin with a dot match only patterns with that dot. Throws DATA_UNREADABLE_FILE if nothing matches.
 *
 * @example
 * ```ts
 * import { findDataFiles } from "@lowrank/data/node";
 *
 * if ((await findDataFiles("rows.jsonl")).join() !== "rows.jsonl") throw new Error("no pattern");
 * ```
 */
export async function findDataFiles(pattern: string): Promise<readonly string[]> {
  if (!/[*?]/.test(pattern) || (await stat(pattern).catch(() => undefined)) !== undefined) return [pattern];
  const parts = pattern.split(/[\\/]/);
  const first = parts.findIndex((part) => /[*?]/.test(part));
  const start = parts.slice(0, first).join(sep) || (first > 0 ? sep : "");
  const found: string[] = [];
  let looked = 0;
  const look = async (folder: string, [part = "", ...rest]: readonly string[]): Promise<void> => {
    const entries = await readdir(folder === "" ? "." : folder, { withFileTypes: true }).catch(() => []);
    looked += entries.length;
    if (looked > maxEntries) throw dataFileError(pattern, "its folders have too many files. Narrow it.");
    if (part === "**") await look(folder, rest);
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (part === "**") {
        if (entry.isDirectory() && !entry.name.startsWith(".")) await look(path, [part, ...rest]);
      } else if (!matches(entry.name, part)) continue;
      else if (rest.length > 0) await look(path, rest);
      else if (!entry.isDirectory()) found.push(path);
    }
  };
  await look(start, parts.slice(first));
  if (found.length === 0) throw dataFileError(pattern, "no file name matches it.");
  return [...new Set(found)].sort();
}

function matches(name: string, part: string): boolean {
  if (name.startsWith(".") && !part.startsWith(".")) return false;
  const pattern = part
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${pattern}$`, "su").test(name);
}
