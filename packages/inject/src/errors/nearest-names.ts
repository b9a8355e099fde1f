// Finds names that are similar to a misspelt name.

import { editDistance } from "@lowrank/contracts/internal";

/** The `limit` names nearest to `wanted` by edit distance of their last parts, nearest first, each part once. */
export function nearestNames(wanted: string, paths: readonly string[], limit = 3): readonly string[] {
  return nearestPaths(lastPart(wanted), [...new Set(paths.map(lastPart))].sort(), limit);
}

/** The `limit` whole paths nearest to `wanted` by edit distance, nearest first. */
export function nearestPaths(wanted: string, paths: readonly string[], limit = 2): readonly string[] {
  return paths
    .map((path) => ({ path, distance: editDistance(wanted, path) }))
    .sort((one, other) => one.distance - other.distance)
    .slice(0, limit)
    .map(({ path }) => path);
}

export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
