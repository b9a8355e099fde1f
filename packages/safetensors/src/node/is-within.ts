// Whether a path is in a folder, on POSIX and on Windows.

import system, { type PlatformPath } from "node:path";

/**
 * Whether `path` is `folder` or in it. Both are absolute and without links. Windows has no relative path between two drives:
 * `relative` then gives the absolute one.
 */
export function isWithin(
  path: string,
  folder: string,
  { relative, isAbsolute, sep }: Pick<PlatformPath, "relative" | "isAbsolute" | "sep"> = system,
): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
