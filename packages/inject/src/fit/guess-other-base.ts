// Recognises the commonest mistake: an adapter for the same kind of model in another size.

import { parseTensorKey, rankAxisOf } from "@lowrank/adapter-format";
import type { AdapterProblem } from "../errors/mismatch-errors.ts";

/** The width that an adapter was made for, where shapes differ from the model's in one consistent way; else null. */
export function guessOtherBase(
  problems: readonly AdapterProblem[],
): { readonly got: number; readonly expected: number } | null {
  const pairs = new Map<string, { got: number; expected: number; count: number }>();
  for (const problem of problems) {
    if (problem.kind !== "shape" || problem.got.length !== problem.expected.length) continue;
    const rankAxis = rankAxisOf(parseTensorKey(problem.key)?.part ?? "saved");
    problem.got.forEach((got, axis) => {
      const expected = problem.expected[axis]!;
      // The rank is the adapter's own and says nothing of a base.
      if (got === expected || axis === rankAxis) return;
      const pair = pairs.get(`${got}:${expected}`) ?? { got, expected, count: 0 };
      pair.count += 1;
      pairs.set(`${got}:${expected}`, pair);
    });
  }
  const [most, next] = [...pairs.values()].sort((one, other) => other.count - one.count);
  // One odd tensor is a broken file; the same difference again and again is another model.
  const isConsistent = most !== undefined && most.count >= 2 && most.count > (next?.count ?? 0) / 2;
  return isConsistent ? { got: most.got, expected: most.expected } : null;
}
