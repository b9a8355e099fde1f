// Where an output goes whose path is a symbolic link: a run's folder may be a link to a larger disk, and stays one.

import { readlink, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** As many links as Linux follows before it takes them for a circle. */
const mostLinks = 40;

/**
 * The path that a link leads to, there or not; a path that is no link stays as it is. Only for paths that a person gave:
 * names that come from files are written into a new folder, which has no links.
 *
 * @example
 * ```ts
 * import { dirname } from "node:path";
 * import { linkTarget } from "@lowrank/safetensors/node";
 *
 * const folder = dirname(await linkTarget("runs/latest")); // where the file system needs room, if that is a link
 * ```
 */
export async function linkTarget(path: string): Promise<string> {
  let target = resolve(path);
  for (let links = 0; links < mostLinks; links += 1) {
    const link = await readlink(target).catch(() => undefined);
    if (link === undefined) return target;
    // A link's ".." starts where the folder really is.
    const folder = await realpath(dirname(target)).catch(() => dirname(target));
    target = resolve(folder, link);
  }
  return resolve(path); // a circle leads nowhere: what is there is the link
}
