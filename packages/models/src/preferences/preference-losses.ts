// The table of ways to learn from preferences: a new one is a file and a line here.

import { refuseUnknownOptions } from "@lowrank/contracts/internal";
import { modelInputError } from "../errors.ts";
import { dpo } from "./losses/dpo.ts";
import { ipo } from "./losses/ipo.ts";
import { type KtoSettings, kto } from "./losses/kto.ts";
import { orpo } from "./losses/orpo.ts";
import { reward } from "./losses/reward.ts";
import { type SimpoSettings, simpo } from "./losses/simpo.ts";
import type { PreferenceLoss } from "./preference-loss-row.ts";

/** Every loss, by name. */
export const preferenceLosses = { dpo, ipo, simpo, orpo, kto, reward } satisfies Readonly<
  Record<string, PreferenceLoss>
>;

/** A loss's name. */
export type PreferenceLossName = keyof typeof preferenceLosses;

/** The settings of all losses. */
export type PreferenceSettings = SimpoSettings & KtoSettings;

/**
 * A loss's settings, with defaults for the ones that are not given.
 *
 * @throws UNKNOWN_OPTION for a setting that this loss does not read; MODEL_INPUT for one out of range.
 */
export function preferenceSettings(
  name: PreferenceLossName,
  given: Partial<PreferenceSettings> = {},
): Readonly<Record<string, number>> {
  const { settings }: PreferenceLoss = preferenceLosses[name];
  refuseUnknownOptions(
    `the loss "${name}"`,
    given,
    Object.fromEntries(Object.keys(settings).map((key) => [key, true])),
  );
  const values: Partial<Record<string, number>> = given;
  const settled = Object.entries(settings).map(([key, { default: usual, problemOf }]) => {
    const value = values[key] ?? usual;
    const problem = problemOf(value);
    if (problem !== undefined) throw modelInputError(key, `${value} ${problem}`);
    return [key, value] as const;
  });
  return Object.fromEntries(settled);
}
