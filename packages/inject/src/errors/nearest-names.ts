// Finds what a misspelt name may have meant.

/** The `limit` names nearest to `wanted` by edit distance of their last parts, nearest first, each part once. */
export function nearestNames(wanted: string, paths: readonly string[], limit = 3): readonly string[] {
  const target = lastPart(wanted);
  const parts = [...new Set(paths.map(lastPart))];
  return parts
    .map((part) => ({ part, distance: editDistance(target, part) }))
    .sort((one, other) => one.distance - other.distance || (one.part < other.part ? -1 : 1))
    .slice(0, limit)
    .map(({ part }) => part);
}

/** The `limit` whole paths nearest to `wanted` by edit distance, nearest first. */
export function nearestPaths(wanted: string, paths: readonly string[], limit = 2): readonly string[] {
  return [...paths]
    .map((path) => ({ path, distance: editDistance(wanted, path) }))
    .sort((one, other) => one.distance - other.distance)
    .slice(0, limit)
    .map(({ path }) => path);
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

/** Levenshtein distance, one row at a time; both names are cut at 200 characters. */
function editDistance(one: string, other: string): number {
  const [left, right] = [one.slice(0, 200), other.slice(0, 200)];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replaced = previous[column - 1]! + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[right.length]!;
}
