// Resolves the links of a path.

import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { linkTarget } from "@lowrank/safetensors/internal/node";

/** The real path, also of something that does not exist yet, or of a link whose target does not. */
export async function realPath(path: string): Promise<string> {
  const absolute = await linkTarget(path);
  const real = await realpath(absolute).catch(() => undefined);
  if (real !== undefined) return real;
  const parent = dirname(absolute);
  return parent === absolute ? absolute : join(await realPath(parent), basename(absolute));
}
