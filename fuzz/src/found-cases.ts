// Inputs that once went wrong: fuzz/found/<target>/<hash>, each with a line of what happened. They are run first, always.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./inputs/seeds.ts";

const folderOf = (target: string) => join(root, "fuzz/found", target);

/** Paths of a target's found cases. */
export function foundCases(target: string): readonly string[] {
  try {
    const names = readdirSync(folderOf(target)).filter((name) => !name.endsWith(".txt"));
    return names.sort().map((name) => join(folderOf(target), name));
  } catch {
    return []; // nothing was ever found
  }
}

/** Keeps an input and what happened; gives its path. */
export function keepCase(
  target: string,
  { input, message }: { readonly input: Uint8Array; readonly message: string },
): string {
  const name = createHash("sha256").update(input).digest("hex").slice(0, 12);
  const path = join(folderOf(target), name);
  mkdirSync(folderOf(target), { recursive: true });
  writeFileSync(path, input);
  writeFileSync(`${path}.txt`, `${message}\n`);
  return path;
}
