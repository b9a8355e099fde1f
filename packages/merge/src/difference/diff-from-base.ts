// Measures how much an adapter changes the weights of its base. It reads both versions of a weight a few rows at a time, so it
// works for every kind of adapter.

import type { MergeInFiles } from "../stream/plan-merge.ts";

/** One weight that an adapter changes. */
export interface WeightDifference {
  /** transformers' parameter path. */
  readonly path: string;
  /** ‖W‖, Frobenius norm. */
  readonly baseNorm: number;
  /** ‖ΔW‖ */
  readonly norm: number;
  /** ‖ΔW‖ / ‖W‖; infinite for a weight of zeros that is changed, 0 for an unchanged one. */
  readonly relative: number;
}

/**
 * Measures the changes of a planned merge, weight by weight while they are read.
 *
 * @throws NON_FINITE_MERGE
 */
export async function* diffFromBase(
  merge: Pick<MergeInFiles, "changed" | "before" | "values">,
): AsyncGenerator<WeightDifference> {
  for (const path of merge.changed) {
    const sums = { base: 0, update: 0 };
    for await (const [before, after] of alignPieces(merge.before(path), merge.values(path)))
      for (let index = 0; index < before.length; index += 1) {
        const value = before[index] as number;
        sums.base += value * value;
        sums.update += ((after[index] as number) - value) ** 2;
      }
    const [baseNorm, norm] = [Math.sqrt(sums.base), Math.sqrt(sums.update)];
    yield { path, baseNorm, norm, relative: norm === 0 ? 0 : norm / baseNorm };
  }
}

/** Cuts two streams with pieces of different lengths into pieces of equal length. */
async function* alignPieces(
  one: AsyncIterable<Float32Array>,
  other: AsyncIterable<Float32Array>,
): AsyncGenerator<[Float32Array, Float32Array]> {
  const others = other[Symbol.asyncIterator]();
  let rest: Float32Array = new Float32Array();
  for await (let piece of one)
    while (piece.length > 0) {
      if (rest.length === 0) {
        const next = await others.next();
        if (next.done === true) return;
        rest = next.value;
      }
      const count = Math.min(piece.length, rest.length);
      yield [piece.subarray(0, count), rest.subarray(0, count)];
      [piece, rest] = [piece.subarray(count), rest.subarray(count)];
    }
}
