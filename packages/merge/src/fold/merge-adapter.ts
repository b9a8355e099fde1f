// Merges adapters into the weights: W + s·A·B in float32. All new weights are computed and checked before one is replaced. The
// old ones are kept, so undoing is exact, unless the caller gives that up to save memory.

import { firstNonFinite } from "@lowrank/adapter-format/internal";
import type { AdaptableModel } from "@lowrank/contracts";
import { type OptionNames, type Restore, refuseUnknownOptions } from "@lowrank/contracts/internal";
import type { AdapterHandle } from "@lowrank/inject";
import type * as tf from "@tensorflow/tfjs-core";
import { checkMergeable } from "./check-mergeable.ts";
import { nonFiniteMergeError, unfinishedMergeError } from "./errors.ts";
import { MergedHandle, mergesOf, pushMerge } from "./merged-handle.ts";
import { computeMergedWeights, type MergedWeight, type WeightToMerge, weightsToMerge } from "./merged-weights.ts";

/** Options of `mergeAdapter`. */
export interface MergeOptions {
  /**
   * What to do if two modules share a weight and the adapter changes one of them. "refuse" (the default), or "untie": that module
   * gets its own weight, and an exported model has both.
   */
  readonly tied?: "refuse" | "untie";
  /**
   * Whether the old weights stay in memory for `undo`. Default true. With false each is freed when its new value is in place: a
   * merged model then needs no more memory than the plain one, and cannot be undone.
   */
  readonly keepOriginals?: boolean;
}

const optionNames: OptionNames<MergeOptions> = {
  tied: true,
  keepOriginals: true,
};

/**
 * Merges one or several adapters into the model's weights and detaches them: the plain model then computes what the adapted one
 * did. Several adapters are summed, in any order. If several of them replace the base weight (LoftQ, for example), the last one's
 * is used, as in a call that selects them in this order.
 *
 * @throws NON_FINITE_MERGE, TIED_WEIGHT, UNMERGEABLE, ALREADY_MERGED, NOTHING_TO_MERGE,
 * CONFLICTING_ADAPTERS. The model is unchanged after each of them.
 * @throws UNFINISHED_MERGE if the engine fails, for example without free memory, with `keepOriginals: false`.
 *
 * @example
 * ```ts
 * import type { AdaptableModel } from "@lowrank/contracts";
 * import type { AdapterHandle } from "@lowrank/inject";
 * import { mergeAdapter } from "@lowrank/merge";
 *
 * export async function mergeAndUndo(model: AdaptableModel, handle: AdapterHandle): Promise<void> {
 *   const merged = await mergeAdapter(model, handle);
 *   merged.undo(); // every weight is what it was, bit for bit, and the adapter is attached again
 * }
 * ```
 */
export async function mergeAdapter(
  model: AdaptableModel,
  adapters: AdapterHandle | readonly AdapterHandle[],
  options: MergeOptions = {},
): Promise<MergedHandle> {
  refuseUnknownOptions("mergeAdapter", options, optionNames);
  const handles = "length" in adapters ? [...adapters] : [adapters];
  const { tied = "refuse", keepOriginals = true } = options;
  checkMergeable(model, handles, tied);
  if (!keepOriginals) return mergeWithoutUndo(model, handles, tied);
  for (;;) {
    const mergesBefore = mergesOf(model);
    const weights = computeMergedWeights(handles);
    try {
      await checkFinite(weights);
      // The check was asynchronous, so another call may have merged in the meantime.
      checkMergeable(model, handles, tied);
    } catch (error) {
      for (const { value } of weights) value.dispose();
      throw error;
    }
    if (mergesOf(model) === mergesBefore)
      return pushMerge(model, new MergedHandle(model, handles, weights, replaceAll(weights)));
    // These values do not include the other merge and would undo it.
    for (const { value } of weights) value.dispose();
  }
}

async function checkFinite(weights: readonly MergedWeight[]): Promise<void> {
  const broken: string[] = [];
  for (const { path, value } of weights) if (!(await isFiniteThroughout(value))) broken.push(path);
  if (broken.length) throw nonFiniteMergeError(broken);
}

/** Replaces all weights. If one replacement fails, the earlier ones are undone. */
function replaceAll(weights: readonly MergedWeight[]): Restore {
  const restores: Restore[] = [];
  const restoreAll = () => {
    for (const restore of restores.splice(0).reverse()) restore();
  };
  try {
    for (const { replace, value } of weights) restores.push(replace(value));
  } catch (error) {
    restoreAll();
    for (const { value } of weights) if (!value.isDisposed) value.dispose();
    throw error;
  }
  return restoreAll;
}

/** Merges checked adapters and frees the old weights. */
async function mergeWithoutUndo(
  model: AdaptableModel,
  handles: readonly AdapterHandle[],
  tied: "refuse" | "untie",
): Promise<MergedHandle> {
  const { weights, dependent } = await checkedWeights(model, handles, tied);
  const parameters = new Map(model.parameters().map((parameter) => [parameter.path, parameter]));
  const merged: string[] = [];
  // Weights that depend on others are computed first, from the unmerged weights.
  const early = new Map(weights.filter((entry) => dependent.has(entry)).map((entry) => [entry, entry.compute().value]));
  for (const weight of weights) {
    let value = early.get(weight);
    try {
      value ??= weight.compute().value;
      weight.replace(value);
    } catch (cause) {
      for (const unused of new Set([value, ...early.values()])) if (unused?.isDisposed === false) unused.dispose();
      throw unfinishedMergeError(merged, weight.path, cause);
    }
    early.delete(weight);
    parameters.get(weight.path)?.forgetReplaced?.();
    merged.push(weight.path);
  }
  return pushMerge(model, new MergedHandle(model, handles, weights));
}

interface CheckedWeights {
  readonly weights: readonly WeightToMerge[];
  /** Weights that depend on other weights. */
  readonly dependent: ReadonlySet<WeightToMerge>;
}

/** Repeats the check until no other call merged or undid in the meantime, because that changes the results. */
async function checkedWeights(
  model: AdaptableModel,
  handles: readonly AdapterHandle[],
  tied: "refuse" | "untie",
): Promise<CheckedWeights> {
  for (;;) {
    const mergesBefore = mergesOf(model);
    const weights = weightsToMerge(handles);
    const dependent = await checkAll(weights);
    checkMergeable(model, handles, tied);
    if (mergesOf(model) === mergesBefore) return { weights, dependent };
  }
}

/** Computes each weight once. Returns those that depend on other weights. */
async function checkAll(weights: readonly WeightToMerge[]): Promise<ReadonlySet<WeightToMerge>> {
  const broken: string[] = [];
  const dependent = new Set<WeightToMerge>();
  for (const weight of weights) {
    const { value, usesOthers } = weight.compute();
    try {
      if (usesOthers) dependent.add(weight);
      if (!(await isFiniteThroughout(value))) broken.push(weight.path);
    } finally {
      value.dispose();
    }
  }
  if (broken.length) throw nonFiniteMergeError(broken);
  return dependent;
}

/** Checked on the CPU, because shader compilers may assume that NaN does not occur. */
async function isFiniteThroughout(value: tf.Tensor): Promise<boolean> {
  return firstNonFinite(await value.data<"float32">()) < 0;
}
