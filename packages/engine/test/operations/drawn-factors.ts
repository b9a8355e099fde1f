// What dropout multiplies entries by, from the loops: other code than the kernels of the engines.

import { hashKey } from "../../src/random/hash-key.ts";
import { factorsByLoops } from "../../src/random/masks/dropout-mask.ts";
import { planMask } from "../../src/random/masks/plan-mask.ts";

/** The key under which the operations of these tests draw. */
export const drawKey = { seed: 7, step: 1, microStep: 2, path: "h.0" };

/** The factors of `count` entries; all 1 at rate 0. */
export function drawnFactors(count: number, rate: number): Float32Array {
  if (rate === 0) return new Float32Array(count).fill(1);
  return factorsByLoops(hashKey(drawKey), planMask(rate), { first: 0, count });
}
