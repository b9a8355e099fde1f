// Where .ci/run stores its downloads: the Python environment and real weights. Tests report when they are absent.

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** `LOWRANK_CACHE`, or ~/.cache/lowrank. */
export const cacheFolder: string = process.env.LOWRANK_CACHE ?? join(homedir(), ".cache", "lowrank");

/** A folder that scripts/python/prepare.py completes ("minilm", "smollm2", "peft-venv"), or why it cannot be used. */
export function findPrepared(name: string): { readonly folder: string } | { readonly missing: string } {
  const folder = join(cacheFolder, name);
  // Written last, so that an interrupted download does not count.
  if (existsSync(join(folder, "complete"))) return { folder };
  return { missing: `no ${folder} (python3 scripts/python/prepare.py ${cacheFolder} fetches it)` };
}
