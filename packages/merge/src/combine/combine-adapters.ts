// Combines several adapters to one. It works on the tensors of files: no model and no backend are needed.

import { type Adapter, scalingOf, toPlainLora } from "@lowrank/adapter-format";
import type { AdapterTensor } from "@lowrank/adapter-format/internal";
import type { LowrankError } from "@lowrank/contracts";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { randomMask } from "@lowrank/math/internal";
import type {
  CombinationMethod,
  Factors,
  MajoritySign,
  MaskRequest,
  MethodSettings,
  WeightedLora,
} from "./combination-method.ts";
import { exactConfig, peftConfig } from "./combined-config.ts";
import {
  combinationSettingError,
  uncombinableAdapterError,
  unequalRanksError,
  unknownCombinationError,
} from "./errors.ts";
import { checkFinite, storedFactors } from "./factors-of.ts";
import { combinationMethods } from "./methods.ts";
import { type CombinedLayer, nameOf, readLayers, type WeightedAdapter } from "./read-layers.ts";

/** Options of `combineAdapters`. */
export interface CombineOptions {
  /**
   * "exact" (the default) and "cat" give the exact sum of the updates, "svd" its best approximation of a given rank.
   * `combinationMethods` lists all methods.
   */
  readonly type?: string;
  /** Rank of the result for "svd" and methods with "_svd". Default: the largest rank of the adapters. */
  readonly rank?: number;
  /** Share of entries that are kept, above 0 and at most 1, for methods that drop some. */
  readonly density?: number;
  /** For "della…": largest difference of keep probabilities from the density, above 0. Default 0.15, as in mergekit. */
  readonly epsilon?: number;
  /** For "breadcrumbs…": share of the largest entries that are dropped, from 0 to below 1. Default 0.01, as in mergekit. */
  readonly gamma?: number;
  /** Default "total". */
  readonly majoritySign?: MajoritySign;
  /** For methods that drop entries at random. Default 0. */
  readonly seed?: number;
  /** PEFT's `svd_clamp`: a quantile from 0 to 1 at which A and B of a decomposition are clamped. Default: none. */
  readonly clamp?: number;
  /** "peft" gives PEFT's result where it is not the sum: with rank stabilization it is √rank times too large. */
  readonly compatible?: "peft";
  /** Gives masks of 0 and 1, instead of random ones. */
  readonly mask?: (request: MaskRequest) => ArrayLike<number>;
  /** An adapter that decides the signs of the singular vectors. They are arbitrary and change only clamped updates. */
  readonly signsOf?: Adapter;
}

const optionNames: OptionNames<CombineOptions> = {
  type: true,
  rank: true,
  density: true,
  epsilon: true,
  gamma: true,
  majoritySign: true,
  seed: true,
  clamp: true,
  compatible: true,
  mask: true,
  signsOf: true,
};

/**
 * Makes one adapter that has the effect of all given ones, each multiplied by its weight. Its scaling is 1.
 *
 * @throws UNKNOWN_COMBINATION, INVALID_COMBINATION_SETTING, UNEQUAL_RANKS, SHARED_SAVED_WEIGHT, UNCOMBINABLE_ADAPTER
 * (for anything beyond B·A, or an adapter without A and B), COMBINATION_SHAPE
 *
 * @example
 * ```ts
 * import type { Adapter } from "@lowrank/adapter-format";
 * import { combineAdapters } from "@lowrank/merge";
 *
 * export function soften(polite: Adapter, rude: Adapter): Adapter {
 *   return combineAdapters([{ adapter: polite, weight: 0.7 }, { adapter: rude, weight: -0.4 }]);
 * }
 * ```
 */
export function combineAdapters(adapters: readonly WeightedAdapter[], options: CombineOptions = {}): Adapter {
  refuseUnknownOptions("combineAdapters", options, optionNames);
  const method = methodOf(adapters, options);
  checkSettings(adapters, options, method);
  // A stored matrix that is smaller than the real one has no room for another adapter's values.
  const plain = adapters.map((source) => ({ ...source, adapter: toPlainLora(source.adapter) }));
  const sources = method.isBetweenTwo ? asProportions(plain) : plain;
  const { layers, saved } = readLayers(sources);
  if (layers.length === 0) throw noLayers(sources);
  const configs = sources.map(({ adapter }) => adapter.config);
  if (method.rank === "shared") for (const layer of layers) checkSameRank(layer, sources, method);
  const chosen = options.rank ?? largest(layers.flatMap(({ loras }) => loras.map(({ a }) => a.rows)));
  const signs = signsByPath(options);
  const combined = layers.map((layer) => {
    const settings = { ...settingsOf(layer, options, chosen), signs: signs.get(layer.path) ?? null };
    return { layer, factors: method.combine(lorasOf(layer, sources), settings) };
  });
  const widest = largest(combined.map(({ factors }) => factors.a.rows));
  const rank = options.compatible === "peft" ? peftRank(method, sources, options) : widest;
  const tensors = new Map<string, AdapterTensor>(
    combined.flatMap(({ layer, factors }) => storedFactors(layer, factors, Math.max(rank, widest))),
  );
  checkFinite(tensors);
  for (const [key, tensor] of saved) tensors.set(key, tensor);
  const config =
    options.compatible === "peft"
      ? peftConfig(configs, Math.max(rank, widest))
      : exactConfig(
          configs,
          rank,
          layers.map(({ path }) => path),
        );
  return { config, tensors, metadata: sources[0]!.adapter.metadata };
}

function methodOf(
  sources: readonly WeightedAdapter[],
  { type = "exact", compatible }: CombineOptions,
): CombinationMethod {
  const supported = combinationMethods.map(({ name }) => name);
  if (!supported.includes(type)) throw unknownCombinationError(type, supported);
  // A single adapter is only scaled, for every type: _check_add_weighted_adapter in PEFT's tuners/lora/model.py.
  const name = compatible === "peft" && sources.length === 1 ? "linear" : type;
  return combinationMethods.find((method) => method.name === name)!;
}

/** Weights scaled to a sum of 1. */
function asProportions(sources: readonly WeightedAdapter[]): readonly WeightedAdapter[] {
  const total = sources.reduce((sum, { weight }) => sum + weight, 0);
  return sources.map((source) => ({ ...source, weight: source.weight / total }));
}

function checkSettings(sources: readonly WeightedAdapter[], options: CombineOptions, method: CombinationMethod): void {
  const { density = Number.NaN, rank, clamp, epsilon = 0.15, gamma = 0.01, majoritySign = "total" } = options;
  if (sources.length === 0) throw combinationSettingError("adapters", "none", "at least one");
  sources.forEach(({ weight }, index) => {
    if (!Number.isFinite(weight))
      throw combinationSettingError(`the weight of ${nameOf(sources, index)}`, weight, "a finite number");
  });
  if (method.isBetweenTwo && !(sources.length === 2 && sources.every(({ weight }) => weight >= 0)))
    throw combinationSettingError(
      "adapters",
      sources.map(({ weight }) => weight).join(", "),
      `two for "${method.name}", with weights of at least 0 that say how far it is from one to the other`,
    );
  if (method.isBetweenTwo && sources.every(({ weight }) => weight === 0))
    throw combinationSettingError("weights", "0, 0", "at least one above 0");
  if (method.isSparse && !(density > 0 && density <= 1))
    throw combinationSettingError("density", options.density, `a number above 0 and at most 1 for "${method.name}"`);
  if (
    method.name.startsWith("della") &&
    density < 1 &&
    !(epsilon > 0 && density - epsilon > 0 && density + epsilon < 1)
  )
    throw combinationSettingError("epsilon", epsilon, "density ± epsilon between 0 and 1");
  if (!(gamma >= 0 && gamma < 1)) throw combinationSettingError("gamma", gamma, "a share from 0 to below 1");
  if (rank !== undefined && !(Number.isInteger(rank) && rank >= 1))
    throw combinationSettingError("rank", rank, "a whole number of at least 1");
  if (clamp !== undefined && !(clamp >= 0 && clamp <= 1))
    throw combinationSettingError("clamp", clamp, "a quantile from 0 to 1");
  if (majoritySign !== "total" && majoritySign !== "frequency")
    throw combinationSettingError("majoritySign", majoritySign, '"total" or "frequency"');
}

/** The error for adapters without A and B: the result would have no rank. */
function noLayers(sources: readonly WeightedAdapter[]): LowrankError {
  const problem = "it has no A and B; copy its whole weights instead";
  return uncombinableAdapterError(sources.map((_, index) => ({ adapter: nameOf(sources, index), problem })));
}

function checkSameRank({ path, loras }: CombinedLayer, sources: readonly WeightedAdapter[], method: CombinationMethod) {
  if (new Set(loras.map(({ a }) => a.rows)).size === 1) return;
  const ranks = loras.map(({ a, adapter }) => ({ adapter: nameOf(sources, adapter), rank: a.rows }));
  throw unequalRanksError(method.name, ranks, path);
}

function lorasOf({ path, loras }: CombinedLayer, sources: readonly WeightedAdapter[]): readonly WeightedLora[] {
  return loras.map((lora) => {
    const { adapter, weight } = sources[lora.adapter]!;
    return { ...lora, weight, scaling: scalingOf(adapter.config, path) };
  });
}

function settingsOf(layer: CombinedLayer, options: CombineOptions, rank: number): Omit<MethodSettings, "signs"> {
  const { density = 1, epsilon = 0.15, gamma = 0.01, majoritySign = "total", seed = 0, clamp = null } = options;
  const drawn = ({ path, part, adapter, rows, columns, probabilities }: MaskRequest) =>
    randomMask(rows * columns, probabilities ?? density, { seed, step: adapter, path: `${path}.${part}` });
  return {
    path: layer.path,
    rank,
    density,
    epsilon,
    gamma,
    majoritySign,
    clamp,
    mask: options.mask ?? drawn,
  };
}

function signsByPath({ signsOf }: CombineOptions): ReadonlyMap<string, Factors> {
  if (!signsOf) return new Map();
  return new Map(
    readLayers([{ adapter: toPlainLora(signsOf), weight: 1 }]).layers.map(({ path, loras }) => [path, loras[0]!]),
  );
}

/** PEFT takes ranks from the configurations and ignores those of single layers. */
function peftRank(method: CombinationMethod, sources: readonly WeightedAdapter[], options: CombineOptions): number {
  const ranks = sources.map(({ adapter: { config } }) => largest([config.rank, ...config.rankPattern.values()]));
  if (method.rank === "sum") return ranks.reduce((sum, rank) => sum + rank, 0);
  return method.rank === "chosen" ? (options.rank ?? largest(ranks)) : largest(ranks);
}

/** The largest of one or more values. A file may have more layers than a call may have arguments. */
function largest(values: readonly number[]): number {
  return values.reduce((max, value) => Math.max(max, value));
}
