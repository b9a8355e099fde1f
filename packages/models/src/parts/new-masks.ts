// Computations in pieces draw a new dropout mask for each piece. One mask would drop the same positions in each.

import type { RandomKey } from "@lowrank/contracts/internal";
import { hashKey } from "@lowrank/engine/internal";

/** The key of the piece that begins at `first`; the first piece has the key itself. */
export function withNewMasks(random: RandomKey, first: number): RandomKey {
  return first === 0 ? random : { ...random, seed: hashKey({ ...random, path: `rows from ${first}` })[0] };
}
