// Computations in pieces draw a new mask for each piece: one mask for all would drop the same places in each.

import type { RandomKey } from "@lowrank/contracts";
import { hashKey } from "@lowrank/engine";

/** The key of the piece that begins at `first`; the first piece has the key itself. */
export function drawnAnew(random: RandomKey, first: number): RandomKey {
  return first === 0 ? random : { ...random, seed: hashKey({ ...random, path: `rows from ${first}` })[0] };
}
