// Where a path leads when its links are followed.

import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { linkTarget } from "@lowrank/safetensors/node";

/** The real path of what may not exist yet, or that a link leads to which leads nowhere yet. */
export async function realPath(path: string): Promise<string> {
  const absolute = await linkTarget(path);
  const real = await realpath(absolute).catch(() => undefined);
  if (real !== undefined) return real;
  const parent = dirname(absolute);
  return parent === absolute ? absolute : join(await realPath(parent), basename(absolute));
}
