// Where a path leads when its links are followed.

import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/** The real path of what may not exist yet. */
export async function realPath(path: string): Promise<string> {
  const absolute = resolve(path);
  const real = await realpath(absolute).catch(() => undefined);
  if (real !== undefined) return real;
  const parent = dirname(absolute);
  return parent === absolute ? absolute : join(await realPath(parent), basename(absolute));
}
