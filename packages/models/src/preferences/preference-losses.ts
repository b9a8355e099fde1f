// The table of ways to learn from preferences: a new one is a file and a line here.

import { refuseUnknownOptions } from "@lowrank/contracts";
import { ModelInputError } from "../errors.ts";
import { dpo } from "./losses/dpo.ts";
import { ipo } from "./losses/ipo.ts";
import { kto } from "./losses/kto.ts";
import { orpo } from "./losses/orpo.ts";
import { simpo } from "./losses/simpo.ts";
import type { PreferenceLoss, PreferenceSettings } from "./preference-loss-row.ts";

/** Every loss, by name. */
export const preferenceLosses = { dpo, ipo, simpo, orpo, kto } as const satisfies Readonly<
  Record<string, PreferenceLoss>
>;

/** A loss's name. */
export type PreferenceLossName = keyof typeof preferenceLosses;

/** All of them. */
export const preferenceLossNames = Object.keys(preferenceLosses) as readonly PreferenceLossName[];

const plain: PreferenceSettings = { beta: 0.1, labelSmoothing: 0, margin: 0, desirableWeight: 1, undesirableWeight: 1 };

/**
 * What a loss computes with where nothing else is said.
 *
 * @throws UnknownOptionError for a setting that this loss does not read; ModelInputError for one out of range.
 *
 * @example
 * ```ts
 * import { preferenceSettings } from "@lowrank/models";
 *
 * const { beta, margin } = preferenceSettings("simpo", { margin: 0.5 });
 * if (beta !== 2 || margin !== 0.5) throw new Error("unexpected defaults");
 * ```
 */
export function preferenceSettings(
  name: PreferenceLossName,
  given: Partial<PreferenceSettings> = {},
): PreferenceSettings {
  const { reads, defaults }: PreferenceLoss = preferenceLosses[name];
  refuseUnknownOptions(`the loss "${name}"`, given, Object.fromEntries(reads.map((key) => [key, true])));
  const settings = { ...plain, ...defaults, ...given };
  const { beta, labelSmoothing, margin } = settings;
  if (!(beta > 0) || !Number.isFinite(beta)) throw new ModelInputError("beta", `${beta} is no positive number`);
  if (!(labelSmoothing >= 0 && labelSmoothing < 0.5))
    throw new ModelInputError("labelSmoothing", `${labelSmoothing} is not from 0 to below 0.5`);
  if (!(margin >= 0) || !Number.isFinite(margin)) throw new ModelInputError("margin", `${margin} is no number from 0`);
  for (const name of ["desirableWeight", "undesirableWeight"] as const) {
    if (!(settings[name] >= 0) || !Number.isFinite(settings[name]))
      throw new ModelInputError(name, `${settings[name]} is no number from 0`);
  }
  return settings;
}
