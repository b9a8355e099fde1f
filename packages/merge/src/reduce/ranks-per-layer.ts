// The fields of a configuration that say the rank of each layer, where each has its own and scaling 1.

import { type LoraConfig, patternFor } from "@lowrank/adapter-format";

type RankFields = Pick<LoraConfig, "rank" | "alpha" | "rankStabilized" | "rankPattern" | "alphaPattern">;

/** The rank that most layers have as the usual one, and a pattern for each of the others. */
export function ranksPerLayer(layers: readonly { readonly path: string; readonly rank: number }[]): RankFields {
  const counts = new Map<number, number>();
  for (const { rank } of layers) counts.set(rank, (counts.get(rank) ?? 0) + 1);
  const [[usual] = [1]] = [...counts].sort(([rank, count], [otherRank, other]) => other - count || otherRank - rank);
  const patterns = new Map(
    layers.filter(({ rank }) => rank !== usual).map(({ path, rank }) => [patternFor(path), rank]),
  );
  return { rank: usual, alpha: usual, rankStabilized: false, rankPattern: patterns, alphaPattern: patterns };
}
