// From names to keys: a draw depends on its owner's name, never on the number of earlier draws.

import type { RandomKey } from "@lowrank/contracts/internal";
import { ArgumentError } from "../errors.ts";
import { threefry, type Words } from "./threefry.ts";

/** Names one stream of random numbers: a run's seed and whatever distinguishes its draws. */
export type DrawKey = Partial<RandomKey> & {
  /** An integer from 0 to 2³² − 1. */
  readonly seed: number;
  /** The owner of the draw, such as a site's path. */
  readonly path: string;
};

/**
 * The two 32-bit words that key a draw. The same key gives the same words, always and everywhere.
 *
 * Throws ArgumentError if seed, step or microStep is not an integer from 0 to 2³² − 1.
 */
export function hashKey(key: DrawKey): Words {
  const { seed, step = 0, microStep = 0, path } = key;
  for (const [name, value] of Object.entries({ seed, step, microStep })) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff)
      throw new ArgumentError("hashKey", name, value, "an integer from 0 to 4294967295");
  }
  return threefry(threefry([seed, hashText(path)], [step, microStep]), [path.length, 0]);
}

/** FNV-1a over UTF-16 code units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
