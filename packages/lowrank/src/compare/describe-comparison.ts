// A comparison in words, by itself: whoever tells one run from another needs no more.

import type { ComparisonPlan } from "./comparison-plan.ts";

/** The loss and the recipe in words. */
export function describeComparison({ loss, recipe }: ComparisonPlan): string {
  return `${loss}, ${recipe.pooling}${recipe.isNormalised ? ", normalised" : ""}`;
}
