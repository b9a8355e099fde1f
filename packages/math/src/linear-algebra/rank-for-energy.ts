// How many singular values it takes to hold a share of a matrix.

import { SettingError } from "../errors.ts";

/**
 * The least number of singular values, the largest first, whose squares make up a share of the whole; at least 1. `whole` is
 * the sum of all squares, ‖W‖², where the values given are not all that there are. A share that they do not reach takes all that
 * are not zero. Throws SettingError.
 *
 * @example
 * ```ts
 * import { rankForEnergy } from "@lowrank/math";
 *
 * console.assert(rankForEnergy([4, 3, 0], 0.64) === 1); // 16 of 25
 * console.assert(rankForEnergy([4, 3, 0], 1) === 2);
 * ```
 */
export function rankForEnergy(values: ArrayLike<number>, energy: number, whole = sumOfSquares(values)): number {
  if (!(energy > 0 && energy <= 1)) throw new SettingError("rankForEnergy", "energy", energy, "above 0 and at most 1");
  // What is zero to rounding adds nothing, and an energy of 1 must not ask for it.
  const smallest = 1e-12 * (values[0] ?? 0);
  let held = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as number;
    if (value <= smallest) return Math.max(1, index);
    held += value * value;
    if (held >= energy * whole) return index + 1;
  }
  return Math.max(1, values.length);
}

function sumOfSquares(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += (values[index] as number) ** 2;
  return sum;
}
