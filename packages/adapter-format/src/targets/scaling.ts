// Rank, alpha and scale of one module, with the patterns that override them.

import type { LoraConfig } from "../lora-config.ts";
import { isShort, memoizePer } from "../patterns/pattern.ts";
import { PatternList } from "../patterns/pattern-list.ts";

/** The fields that decide a module's scale. */
export type ScalingFields = Pick<LoraConfig, "rank" | "alpha" | "rankPattern" | "alphaPattern" | "rankStabilized">;

/** The rank of a module: that of the first pattern in `rankPattern` that matches, else `rank`. */
export function rankOf(config: ScalingFields, path: string): number {
  return firstMatch(rankPatterns(config.rankPattern), path) ?? config.rank;
}

/** The alpha of a module: that of the first pattern in `alphaPattern` that matches, else `alpha`. */
export function alphaOf(config: ScalingFields, path: string): number {
  return firstMatch(alphaPatterns(config.alphaPattern), path) ?? config.alpha;
}

/**
 * The factor of a module's product B·A: α/r, or α/√r if the configuration is rank-stabilized (Kalajdzievski 2023).
 *
 * @example
 * ```ts
 * import { createLoraConfig, scalingOf } from "@lowrank/adapter-format";
 *
 * const config = createLoraConfig({ rank: 8, alpha: 16, rankPattern: new Map([["down_proj", 32]]) });
 * if (scalingOf(config, "model.layers.0.mlp.down_proj") !== 0.5) throw new Error("16 / 32");
 * ```
 */
export function scalingOf(config: ScalingFields, path: string): number {
  const rank = rankOf(config, path);
  return alphaOf(config, path) / (config.rankStabilized ? Math.sqrt(rank) : rank);
}

/** The patterns of a map and their numbers. */
interface RankedPatterns {
  readonly patterns: PatternList;
  readonly values: readonly number[];
}

export const rankPatterns = memoizePer((map: ReadonlyMap<string, number>) => listed(map, "rank_pattern"));

export const alphaPatterns = memoizePer((map: ReadonlyMap<string, number>) => listed(map, "alpha_pattern"));

/** PEFT's get_pattern_key (utils/other.py): a key is a regular expression for the end of the path. */
function listed(map: ReadonlyMap<string, number>, key: string): RankedPatterns {
  const wrap = (source: string): string => `(?:.*\\.)?(?:${source})$`;
  return { patterns: new PatternList(map.keys(), { key, wrap }), values: [...map.values()] };
}

function firstMatch({ patterns, values }: RankedPatterns, path: string): number | undefined {
  if (!isShort(path)) return undefined;
  const named = patterns.names.firstAtEnd(path);
  const other = patterns.firstBefore(named, (pattern) => pattern.matchesWhole(path) || undefined);
  return values[other?.position ?? named];
}
