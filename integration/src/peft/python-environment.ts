// Where the Python side lives: a virtual environment in the cache folder, made by scripts/python/prepare.py.

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export const cacheFolder = process.env.LOWRANK_CACHE ?? join(homedir(), ".cache", "lowrank");

/** The environment's python, or why there is none. */
export function findPython(): { readonly python: string } | { readonly missing: string } {
  const python = join(cacheFolder, "peft-venv", "bin", "python");
  if (existsSync(join(cacheFolder, "peft-venv", "complete"))) return { python };
  return {
    missing: `no python3 environment in ${cacheFolder} (python3 scripts/python/prepare.py ${cacheFolder} makes it)`,
  };
}
