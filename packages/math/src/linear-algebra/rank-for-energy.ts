// The rank that keeps a share of a matrix's energy.

import { settingError } from "../errors.ts";

/**
 * The smallest number of singular values, the largest first, whose squares add up to a share of the whole; at least 1. `whole` is
 * the sum of all squares, ‖W‖², if some values are not given. If the share is never reached, all non-zero values count. Throws
 * INVALID_SETTING.
 */
export function rankForEnergy(values: ArrayLike<number>, energy: number, whole = sumOfSquares(values)): number {
  if (!(energy > 0 && energy <= 1)) throw settingError("rankForEnergy", "energy", energy, "above 0 and at most 1");
  // Values that are zero up to rounding are not counted, also for an energy of 1.
  const smallest = 1e-12 * (values[0] ?? 0);
  let energySoFar = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as number;
    if (value <= smallest) return Math.max(1, index);
    energySoFar += value * value;
    if (energySoFar >= energy * whole) return index + 1;
  }
  return Math.max(1, values.length);
}

function sumOfSquares(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += (values[index] as number) ** 2;
  return sum;
}
