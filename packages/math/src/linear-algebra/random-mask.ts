// Which entries stay when some are dropped at random.

import { type DrawKey, uniformValues } from "@lowrank/engine";

/** `count` values, each 1 with probability `density` and else 0; the same for the same key. */
export function randomMask(count: number, density: number, key: DrawKey): Uint8Array {
  return Uint8Array.from(uniformValues(count, key), (value) => (value < density ? 1 : 0));
}
