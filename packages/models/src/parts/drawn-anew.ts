// What is computed in pieces draws for each of them: the same mask again and again would drop the same places in all.

import type { RandomKey } from "@lowrank/contracts";
import { hashKey } from "@lowrank/engine";

/** The key of the piece that begins at `first`; the first piece has the key itself. */
export function drawnAnew(random: RandomKey, first: number): RandomKey {
  return first === 0 ? random : { ...random, seed: hashKey({ ...random, path: `rows from ${first}` })[0] };
}
