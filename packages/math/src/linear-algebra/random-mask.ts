// Random masks of entries to keep.

import { type DrawKey, uniformValues } from "@lowrank/engine/internal";

/** `count` values, each 1 with probability `density` (or its own, from a list), else 0. The same key gives the same mask. */
export function randomMask(count: number, density: number | ArrayLike<number>, key: DrawKey): Uint8Array {
  const share = typeof density === "number" ? () => density : (index: number) => density[index] ?? 0;
  return Uint8Array.from(uniformValues(count, key), (value, index) => (value < share(index) ? 1 : 0));
}
