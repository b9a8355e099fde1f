// Reduces the rank of an adapter: the nearest update of each layer (Eckart & Young 1936), computed from A and B.

import { type Adapter, type LoraConfig, scalingOf, toPlainLora } from "@lowrank/adapter-format";
import { type AdapterTensor, patternFor } from "@lowrank/adapter-format/internal";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { lowRankSvd } from "@lowrank/math";
import { rankError, rankForEnergy, settingError } from "@lowrank/math/internal";
import { concatFactors, factorsOf, storedFactors } from "../combine/factors-of.ts";
import { type CombinedLayer, readLayers } from "../combine/read-layers.ts";

/** Options of `reduceAdapter`; at least one of them is needed. */
export interface ReduceOptions {
  /** Maximum rank of a layer. */
  readonly rank?: number;
  /** Share of each layer's ‖ΔW‖² to keep, above 0 and at most 1. The smallest sufficient rank is used. */
  readonly energy?: number;
}

/** The result for one layer. */
export interface ReducedLayer {
  /** Module path. */
  readonly path: string;
  readonly rankBefore: number;
  readonly rank: number;
  /** ‖ΔW‖ before, Frobenius norm. */
  readonly norm: number;
  /** Relative error ‖ΔW − ΔW'‖ / ‖ΔW‖; 0 for an update of zeros. */
  readonly error: number;
}

/** The adapter, and the error of each layer. */
export interface ReducedAdapter {
  readonly adapter: Adapter;
  readonly layers: readonly ReducedLayer[];
}

const optionNames: OptionNames<ReduceOptions> = { rank: true, energy: true };

/**
 * Makes an adapter of lower rank with nearly the same effect, and reports the error of each layer. Each layer has its own rank,
 * and scaling 1. Full weights are copied. No model is needed.
 *
 * @throws INVALID_SETTING, INVALID_RANK, UNCOMBINABLE_ADAPTER (for anything beyond B·A)
 *
 * @example
 * ```ts
 * import type { Adapter } from "@lowrank/adapter-format";
 * import { reduceAdapter } from "@lowrank/merge";
 *
 * export function smaller(adapter: Adapter): Adapter {
 *   const reduced = reduceAdapter(adapter, { energy: 0.99, rank: 16 });
 *   for (const { path, rank, error } of reduced.layers) console.log(path, rank, error); // error at most 0.1, unless 16 is too few
 *   return reduced.adapter;
 * }
 * ```
 */
export function reduceAdapter(adapter: Adapter, options: ReduceOptions): ReducedAdapter {
  refuseUnknownOptions("reduceAdapter", options, optionNames);
  const { rank: max = Number.POSITIVE_INFINITY, energy } = options;
  if (options.rank === undefined && energy === undefined)
    throw settingError("reduceAdapter", "rank and energy", "neither", "at least one of both");
  if (options.rank !== undefined && !(Number.isInteger(max) && max >= 1)) throw rankError("reduceAdapter", max);
  if (energy !== undefined && !(energy > 0 && energy <= 1))
    throw settingError("reduceAdapter", "energy", energy, "a number above 0 and at most 1");
  const plain = toPlainLora(adapter);
  const { layers, saved } = readLayers([{ adapter: plain, weight: 1 }]);
  const tensors = new Map<string, AdapterTensor>();
  const reduced: ReducedLayer[] = [];
  for (const layer of layers) {
    const { factors, facts } = reducedLayer(layer, plain, { max, energy: energy ?? 1 });
    for (const [key, tensor] of storedFactors(layer, factors, facts.rank)) tensors.set(key, tensor);
    reduced.push(facts);
  }
  for (const [key, tensor] of saved) tensors.set(key, tensor);
  const config = { ...plain.config, init: true, ...ranksPerLayer(reduced) };
  return { adapter: { config, tensors, metadata: adapter.metadata }, layers: reduced };
}

function reducedLayer(
  { path, loras }: CombinedLayer,
  { config }: Adapter,
  { max, energy }: { readonly max: number; readonly energy: number },
) {
  const scaling = scalingOf(config, path);
  const { a, b } = concatFactors(loras.map((lora) => ({ ...lora, weight: 1, scaling })));
  const svd = lowRankSvd(b, a);
  const rank = Math.min(max, rankForEnergy(svd.s, energy));
  const [norm, lost] = [lengthOf(svd.s), lengthOf(svd.s.subarray(rank))];
  const facts: ReducedLayer = { path, rankBefore: a.rows, rank, norm, error: norm === 0 ? 0 : lost / norm };
  return { facts, factors: factorsOf(svd, { rank, clamp: null, signs: null }) };
}

function lengthOf(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

type RankFields = Pick<LoraConfig, "rank" | "alpha" | "rankStabilized" | "rankPattern" | "alphaPattern">;

/** The most frequent rank as the default, and a pattern for each other layer. */
export function ranksPerLayer(layers: readonly { readonly path: string; readonly rank: number }[]): RankFields {
  const counts = new Map<number, number>();
  for (const { rank } of layers) counts.set(rank, (counts.get(rank) ?? 0) + 1);
  const [[usual] = [1]] = [...counts].sort(([rank, count], [otherRank, other]) => other - count || otherRank - rank);
  const patterns = new Map(
    layers.filter(({ rank }) => rank !== usual).map(({ path, rank }) => [patternFor(path), rank]),
  );
  return { rank: usual, alpha: usual, rankStabilized: false, rankPattern: patterns, alphaPattern: patterns };
}
