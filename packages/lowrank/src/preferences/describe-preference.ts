// A preference loss in words, by itself: whoever tells one run from another needs no more.

import type { PreferencePlan } from "./preference-plan.ts";

/** The loss and its settings in words. */
export function describePreference({ loss, settings }: PreferencePlan): string {
  const { beta, labelSmoothing, margin } = settings;
  return [
    `${loss}, β ${beta}`,
    ...(labelSmoothing === 0 ? [] : [`label smoothing ${labelSmoothing}`]),
    ...(margin === 0 ? [] : [`margin ${margin}`]),
  ].join(", ");
}
