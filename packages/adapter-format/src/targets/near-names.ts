// "Did you mean": names of modules that look like one that matched nothing.

import { editDistance } from "@lowrank/contracts";

const mostSuggestions = 3;

/** What modules were called before transformers 5, and are called now. */
export const renamedModules: ReadonlyMap<string, string> = new Map([["embed_out", "lm_head"]]);

/** Up to three of the endings of module paths that are nearest to a name, the nearest first. */
export function nearNames(name: string, modulePaths: Iterable<string>): readonly string[] {
  const last = lastSegment(name).toLowerCase();
  const candidates = new Set([...modulePaths].map(lastSegment).filter((segment) => segment !== ""));
  const current = renamedModules.get(last);
  if (current !== undefined) return candidates.has(current) ? [current] : [];
  return [...candidates]
    .map((candidate) => ({ candidate, distance: distanceOf(last, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.ceil(last.length / 3)))
    .sort((left, right) => left.distance - right.distance || (left.candidate < right.candidate ? -1 : 1))
    .slice(0, mostSuggestions)
    .map(({ candidate }) => candidate);
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

/** Edits that turn one word into the other, counting none if one contains the other. */
function distanceOf(left: string, right: string): number {
  if (left.length > 64 || right.length > 64) return Number.POSITIVE_INFINITY;
  if (left.length > 1 && right.length > 1 && (left.includes(right) || right.includes(left))) return 0.5;
  return editDistance(left, right);
}
