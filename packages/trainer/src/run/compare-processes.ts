// Checks that all processes of a training still have the same numbers. The state itself is never exchanged, so they compare a hash of
// each variable and its optimizer state.

import { processesDifferError } from "../errors.ts";
import type { GradientReduction } from "../optimizer/gradient-reduction.ts";

export interface Compared {
  readonly name: string;
  readonly values: readonly Float32Array[];
}

/** Throws PROCESSES_DIFFER, naming the first tensor that differs, in the processes whose hashes differ from the mean. */
export async function compareProcesses(
  reduction: GradientReduction,
  step: number,
  compared: readonly Compared[],
): Promise<void> {
  const { rank, size } = reduction;
  const hashes = compared.flatMap(({ values }) => halvesOf(values));
  const sums = Float32Array.from(hashes);
  await reduction.allReduce(sums);
  const index = hashes.findIndex((hash, range) => sums[range] !== hash * size);
  if (index >= 0) throw processesDifferError(rank, step, compared[index >> 1]?.name ?? "");
}

/** FNV-1a over the numbers' bits, in two halves: sums of them over 256 processes are exact in float32. */
function halvesOf(arrays: readonly Float32Array[]): readonly [number, number] {
  let hash = 0x811c9dc5;
  for (const values of arrays) {
    for (const word of new Uint32Array(values.buffer, values.byteOffset, values.length)) {
      hash = Math.imul(hash ^ word, 0x01000193);
      hash ^= hash >>> 15;
    }
  }
  return [hash & 0xffff, hash >>> 16];
}

/** A text as numbers, to compare it in the same way. */
export function numbersOf(text: string): Float32Array {
  return Float32Array.from(text, (letter) => letter.codePointAt(0) ?? 0);
}
