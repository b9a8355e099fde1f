// What a person should know about the layers that an adapter targets.

import type { Warning } from "@lowrank/contracts";
import type { PlannedSite } from "./injection-plan.ts";

/** Warnings about ranks that are no longer low, and about weights that two modules share. */
export function siteWarnings(entries: readonly PlannedSite[]): readonly Warning[] {
  const tooLarge = entries.filter(({ rank, inFeatures, outFeatures }) => rank > Math.min(inFeatures, outFeatures));
  const tied = entries.filter(({ tiedWith }) => tiedWith !== undefined);
  return [
    ...(tooLarge.length ? [rankWarning(tooLarge)] : []),
    ...tied.map(({ path, tiedWith }) => ({
      code: "TIED_TARGET",
      message: `"${path}" shares its weight with "${tiedWith}": the adapter works, but it cannot be merged without giving "${path}" a weight of its own.`,
    })),
  ];
}

function rankWarning(sites: readonly PlannedSite[]): Warning {
  const [first, ...others] = sites;
  const { path, rank, inFeatures, outFeatures } = first!;
  const more = others.length ? ` (and in ${others.length} more layers)` : "";
  return {
    code: "RANK_NOT_LOW",
    message: `Rank ${rank} is larger than the ${Math.min(inFeatures, outFeatures)} that the weight of "${path}" can have${more}: it costs more than training the weight itself.`,
  };
}
