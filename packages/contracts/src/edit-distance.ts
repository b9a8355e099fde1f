// How much two names differ, for "did you mean": the one measure of all packages. Twelve lines of our own, since a library
// for it would be the first dependency of the package that all others import.

/** Longer names are cut: they come from strangers, and the work grows with the square. */
const longest = 200;

/**
 * The fewest letters to put in, take out or replace that make one name the other (Levenshtein 1966); of names beyond 200
 * characters, their first 200.
 *
 * @example
 * ```ts
 * import { editDistance } from "@lowrank/contracts";
 *
 * if (editDistance("c_porj", "c_proj") !== 2) throw new Error("two letters differ");
 * ```
 */
export function editDistance(one: string, other: string): number {
  const [left, right] = [one.slice(0, longest), other.slice(0, longest)];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
