// Extracts an adapter from two checkpoints of one model: for each layer the low-rank update nearest to the change by training.
// The weights of both stay in their files.

import type { Adapter, LoraConfig } from "@lowrank/adapter-format";
import { type AdapterTensor, transposed } from "@lowrank/adapter-format/internal";
import { itemized, listed } from "@lowrank/contracts";
import { type OptionNames, printable, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { partsOf, planInjection } from "@lowrank/inject";
import { baseFingerprintKey, type PlannedSite } from "@lowrank/inject/internal";
import { settingError } from "@lowrank/math/internal";
import type { ExportableModel } from "../export/exportable-model.ts";
import { ranksPerLayer } from "../reduce/reduce-adapter.ts";
import { ExtractionError } from "./errors.ts";
import {
  changedElsewhere,
  type ExtractedUpdate,
  extractUpdate,
  type ModelInFiles,
  type OtherChange,
} from "./extract-update.ts";
import { rowsOf } from "./weight-pair.ts";

/** Options of `extractAdapter`. */
interface ExtractOptions {
  readonly base: ModelInFiles;
  /** The same model after training. */
  readonly tuned: ModelInFiles;
  /** Its targets are the layers to compare, its rank is the largest of a layer. With `useDora` the adapter is a DoRA. */
  readonly config: LoraConfig;
  /** Share of each layer's ‖ΔW‖² that the rank must keep, above 0 and at most 1 (the default). */
  readonly energy?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Identifies the base when the adapter is attached. */
  readonly baseFingerprint?: string;
  /** Called after each weight with the count of compared numbers. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

interface ExtractedLayer {
  /** Module path. */
  readonly path: string;
  readonly rank: number;
  /** ‖W‖ and ‖W' − W‖, Frobenius norms. */
  readonly baseNorm: number;
  readonly norm: number;
  /** The part of the change that a merge of the adapter would miss, in float32: ‖W' − merged‖ / ‖W' − W‖. */
  readonly error: number;
}

/** The adapter, and the changes that it does not contain. */
export interface ExtractedAdapter {
  readonly adapter: Adapter;
  readonly layers: readonly ExtractedLayer[];
  /** Targets that are the same in both checkpoints. */
  readonly unchanged: readonly string[];
  /** Weights that differ but are not targets. */
  readonly others: readonly OtherChange[];
}

const optionNames: OptionNames<ExtractOptions> = {
  base: true,
  tuned: true,
  config: true,
  energy: true,
  seed: true,
  baseFingerprint: true,
  onProgress: true,
};

/**
 * Extracts an adapter. If the tuned checkpoint is the base with a merged LoRA, and the ranks suffice, the result is that update
 * up to the rounding of the files. Directions that come only from rounding are left out.
 *
 * @throws ExtractionError, INVALID_SETTING, and the errors of `planInjection` of `@lowrank/inject`
 *
 * @example
 * ```ts
 * import { type Adapter, createLoraConfig } from "@lowrank/adapter-format";
 * import { extractAdapter } from "@lowrank/merge";
 * import { type ModelInFiles } from "@lowrank/merge/internal";
 *
 * export async function extract(base: ModelInFiles, tuned: ModelInFiles): Promise<Adapter> {
 *   const config = createLoraConfig({ rank: 32, targetModules: "all-linear" });
 *   const { adapter, layers, others } = await extractAdapter({ base, tuned, config, energy: 0.95 });
 *   for (const { path, rank, error } of layers) console.log(path, rank, error);
 *   if (others.length > 0) console.log("not in the adapter:", others); // norms, biases, tables
 *   return adapter;
 * }
 * ```
 */
export async function extractAdapter(options: ExtractOptions): Promise<ExtractedAdapter> {
  refuseUnknownOptions("extractAdapter", options, optionNames);
  const { base, tuned, energy = 1, seed = 0, baseFingerprint } = options;
  if (!(energy > 0 && energy <= 1))
    throw settingError("extractAdapter", "energy", energy, "a number above 0 and at most 1");
  const { config, sites } = planExtraction(base.model, options.config);
  const pairs = pairsOf(sites, options);
  const reportDone = countDone(pairs, options);
  const tensors = new Map<string, AdapterTensor>();
  const layers: ExtractedLayer[] = [];
  const unchanged: string[] = [];
  for (const { site, pair, isTransposed } of pairs) {
    const magnitudeKey = config.useDora ? site.vectors.get("use_dora") : undefined;
    const settings = { rank: config.rank, energy, seed, isTransposed, hasMagnitudes: magnitudeKey !== undefined };
    const update = await extractUpdate(site.path, pair, settings);
    reportDone(site.path);
    if (update === undefined) unchanged.push(site.path);
    else {
      for (const [key, tensor] of tensorsOf(site, update, isTransposed)) tensors.set(key, tensor);
      layers.push({ path: site.path, ...update.facts });
    }
  }
  const others = await changedElsewhere({ base, tuned }, new Set(sites.map(({ path }) => `${path}.weight`)));
  if (layers.length === 0) {
    const paths = others.map(({ path }) => path);
    const advice = paths.length === 0 ? "Nothing else differs either." : `These differ: ${listed(paths)}.`;
    const message = `The weights of all target modules are the same in both checkpoints. ${advice}`;
    throw new ExtractionError("NOTHING_TO_EXTRACT", message);
  }
  const targets = unchanged.length === 0 ? {} : { targetModules: layers.map(({ path }) => path) };
  const metadata = new Map(baseFingerprint === undefined ? [] : [[baseFingerprintKey, baseFingerprint]]);
  const adapter = { config: { ...config, ...targets, init: true, ...ranksPerLayer(layers) }, tensors, metadata };
  return { adapter, layers, unchanged, others };
}

/** The layers that would be compared. Throws ExtractionError, and the errors of `planInjection` of `@lowrank/inject`. */
export function planExtraction(
  model: ExportableModel,
  config: LoraConfig,
): { readonly config: LoraConfig; readonly sites: readonly PlannedSite[] } {
  const plan = planInjection(model, config);
  const sites = partsOf(plan, "site");
  const others = sites.filter(({ kind }) => kind !== "linear").map(({ path }) => path);
  if (config.useDora && others.length > 0)
    throw new ExtractionError(
      "UNEXTRACTABLE_DORA",
      `Only linear layers are extracted as DoRA, not ${listed(others)}. Choose other target modules, or extract plain LoRA.`,
    );
  return { config: plan.config, sites };
}

/** Both weights of each target; nothing is read yet. */
function pairsOf(sites: readonly PlannedSite[], { base, tuned }: ExtractOptions) {
  const mismatches: { path: string; problem: string }[] = [];
  const fanInFanOut = new Map(base.model.sites().map((site) => [site.path, site.fanInFanOut]));
  const pairs = sites.flatMap((site) => {
    const path = `${site.path}.weight`;
    const [before, after] = [base.weights.weight(path), tuned.weights.weight(path)];
    const problem =
      before === undefined || after === undefined
        ? `is not in the files of the ${before === undefined ? "base" : "tuned model"}`
        : before.shape.join() === after.shape.join()
          ? undefined
          : `has shape [${before.shape.join(", ")}] in the base and [${after.shape.join(", ")}] in the tuned model`;
    if (problem !== undefined) mismatches.push({ path, problem });
    if (problem !== undefined || before === undefined || after === undefined) return [];
    const isTransposed = site.kind === "embedding" || fanInFanOut.get(site.path) === true;
    return [{ site, pair: { base: rowsOf(before), tuned: rowsOf(after) }, isTransposed }];
  });
  if (mismatches.length > 0)
    throw new ExtractionError(
      "EXTRACTION_MISMATCH",
      "Base and tuned model do not match; expected two checkpoints of the same model:" +
        itemized(mismatches.map(({ path, problem }) => `${printable(path)} ${problem}`)),
    );
  return pairs;
}

function countDone(pairs: ReturnType<typeof pairsOf>, { onProgress }: ExtractOptions): (path: string) => void {
  const sizes = new Map(pairs.map(({ site, pair: { base } }) => [site.path, base.rows * base.columns]));
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  let done = 0;
  return (path) => {
    done += sizes.get(path) ?? 0;
    onProgress?.({ done, total });
  };
}

/** The tensors in the layout of files: A [rank, …], B [outFeatures, rank, …]. */
function* tensorsOf(
  { keys, vectors, fileShapes }: PlannedSite,
  { left, right, rank, magnitudes }: ExtractedUpdate,
  isTransposed: boolean,
): Generator<[string, AdapterTensor]> {
  const shape = (key: string, axis: number) =>
    fileShapes.get(key)!.map((size, index) => (index === axis ? rank : size));
  const [a, b] = isTransposed
    ? [
        transposed({ shape: [left.length / rank, rank], values: left }).values,
        transposed({ shape: [rank, right.length / rank], values: right }).values,
      ]
    : [right, left];
  yield [keys.a, { shape: shape(keys.a, 0), values: a }];
  yield [keys.b, { shape: shape(keys.b, 1), values: b }];
  const key = vectors.get("use_dora");
  if (magnitudes !== undefined && key !== undefined) yield [key, { shape: fileShapes.get(key)!, values: magnitudes }];
}
