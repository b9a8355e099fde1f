// Which entries stay when some are dropped at random.

import { type DrawKey, uniformValues } from "@lowrank/engine";

/** `count` values, each 1 with probability `density` – or its own of a list – and else 0; the same for the same key. */
export function randomMask(count: number, density: number | ArrayLike<number>, key: DrawKey): Uint8Array {
  const share = typeof density === "number" ? () => density : (index: number) => density[index] ?? 0;
  return Uint8Array.from(uniformValues(count, key), (value, index) => (value < share(index) ? 1 : 0));
}
