// Warnings about the layers that an adapter targets.

import type { Warning } from "@lowrank/contracts";
import { initializationOf } from "@lowrank/math/internal";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { type PlannedSite, partsOf } from "../planned/planned-parts.ts";

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

/**
 * Warns about embeddings that do not support the initialization: they are initialized as with true, as in PEFT, which is silent
 * (`Embedding.update_layer`). Convolutions are refused, there and here.
 */
export function initWarnings(plan: InjectionPlan): readonly Warning[] {
  const { init } = plan.config;
  if (initializationOf(init).initializesEmbeddings) return [];
  const embeddings = partsOf(plan, "site").filter(({ kind }) => kind === "embedding");
  return embeddings.map(({ path }) => ({
    code: "START_NOT_APPLIED",
    message: `init_lora_weights = "${init}" is for linear layers: the embedding "${path}" is initialized as with true, with a zero update.`,
  }));
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
