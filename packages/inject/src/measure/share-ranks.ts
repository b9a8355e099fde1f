// The second part of EVA: redistributes the total rank to layers whose inputs it explains best.

import type { LoraConfig } from "@lowrank/adapter-format";
import { patternFor } from "@lowrank/adapter-format/internal";
import { explainedVariance, type Measured, missingMeasurementError } from "@lowrank/math/internal";
import { rankSettings } from "../init/init-settings.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { type PlannedSite, partsOf } from "../planned/planned-parts.ts";

/**
 * The configuration with a rank for each layer by the variance of its inputs (EVA, section 3.3), at most `eva_config.rho` times
 * the old rank. A layer with rank 0 is no longer a target. Plan again with it.
 *
 * @throws MISSING_MEASUREMENT, INVALID_ADAPTER_CONFIG
 */
export function shareRanks(plan: InjectionPlan, measured: ReadonlyMap<string, Measured>): LoraConfig {
  const { rho, adjustsAlpha } = rankSettings(plan.config);
  const entries = partsOf(plan, "site");
  const linear = entries.filter(({ kind }) => kind === "linear");
  const ranks = countRanks(linear, rho, measured);
  const withRank = entries.filter(({ path }) => ranks.get(path) !== 0);
  const rankOf = ({ path, rank }: PlannedSite) => ranks.get(path) ?? rank;
  const alphaOf = (entry: PlannedSite) => (adjustsAlpha ? (entry.alpha * rankOf(entry)) / entry.rank : entry.alpha);
  return {
    ...plan.config,
    targetModules: withRank.map(({ path }) => path),
    layersToTransform: null,
    layersPattern: null,
    excludeModules: null,
    rankPattern: new Map(withRank.map((entry) => [patternFor(entry.path), rankOf(entry)])),
    alphaPattern: new Map(withRank.map((entry) => [patternFor(entry.path), alphaOf(entry)])),
  };
}

function countRanks(entries: readonly PlannedSite[], rho: number, measured: ReadonlyMap<string, Measured>) {
  const shares = entries.flatMap(({ path, rank, inFeatures, outFeatures }) => {
    const inputs = measured.get(path)?.inputs;
    if (!inputs) throw missingMeasurementError("eva", path, "inputs");
    const max = Math.min(Math.round(rank * rho), inFeatures, outFeatures);
    return explainedVariance(inputs, max).map((share) => ({ path, share }));
  });
  const budget = entries.reduce((sum, { rank }) => sum + rank, 0);
  const ranks = new Map(entries.map(({ path }) => [path, 0]));
  for (const { path } of shares.sort((one, other) => other.share - one.share).slice(0, budget))
    ranks.set(path, ranks.get(path)! + 1);
  return ranks;
}
