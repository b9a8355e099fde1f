// The scaling s of an update.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { rankError, settingError } from "../errors.ts";

/** Settings of `scaling`. */
export interface ScalingOptions {
  readonly alpha: number;
  readonly rank: number;
  /** Divide by √rank instead of rank (rsLoRA, Kalajdzievski 2023), which keeps updates large enough at high ranks. */
  readonly rankStabilized?: boolean;
}

const optionNames: OptionNames<ScalingOptions> = { alpha: true, rank: true, rankStabilized: true };

/**
 * alpha/rank (paper, section 4.1) or, rank-stabilized, alpha/√rank. Throws INVALID_RANK, INVALID_SETTING.
 *
 * @example
 * ```ts
 * import { scaling } from "@lowrank/math";
 *
 * console.assert(scaling({ alpha: 16, rank: 4 }) === 4);
 * console.assert(scaling({ alpha: 16, rank: 4, rankStabilized: true }) === 8);
 * ```
 */
export function scaling(options: ScalingOptions): number {
  refuseUnknownOptions("scaling", options, optionNames);
  const { alpha, rank, rankStabilized = false } = options;
  if (!Number.isInteger(rank) || rank < 1) throw rankError("scaling", rank);
  if (!Number.isFinite(alpha)) throw settingError("scaling", "alpha", alpha, "a finite number");
  return alpha / (rankStabilized ? Math.sqrt(rank) : rank);
}
