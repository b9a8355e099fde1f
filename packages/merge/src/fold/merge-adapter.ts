// Folds adapters into the weights: W + s·A·B in float32. Everything new is computed and checked before anything is
// replaced, and what was replaced is kept, so that undoing is exact to the bit – unless the caller gives it up for memory.

import { firstNonFinite } from "@lowrank/adapter-format";
import { type AdaptableModel, type OptionNames, type Restore, refuseUnknownOptions } from "@lowrank/contracts";
import type { AdapterHandle } from "@lowrank/inject";
import type * as tf from "@tensorflow/tfjs-core";
import { checkMergeable } from "./check-mergeable.ts";
import { NonFiniteMergeError, UnfinishedMergeError } from "./errors.ts";
import { MergedHandle, mergesOf, pushMerge } from "./merged-handle.ts";
import { computeMergedWeights, type MergedWeight, type WeightToMerge, weightsToMerge } from "./merged-weights.ts";

/** How adapters are merged. */
export interface MergeOptions {
  /**
   * What to do with a weight that two modules share when the adapter changes one of them: "refuse" (the default), or
   * "untie": that module gets a weight of its own, and an exported model has both.
   */
  readonly tied?: "refuse" | "untie";
  /**
   * Whether the weights from before the merge stay in memory, for `undo`. Default true. With false each is freed as soon as
   * its new value is in place: a merged model then needs no more memory than the plain one, and there is no way back.
   */
  readonly keepOriginals?: boolean;
}

const optionNames: OptionNames<MergeOptions> = {
  tied: true,
  keepOriginals: true,
};

/**
 * Folds one or several adapters into the model's weights and takes them off: the plain model then computes what the
 * adapted one did. Several adapters are summed, whatever order they are given in; where each brings a base of its own along
 * (LoftQ, say), the last one's counts, as in a call that selects them in this order.
 *
 * @throws NonFiniteMergeError, TiedWeightError, UnmergeableError, AlreadyMergedError, NothingToMergeError,
 * ConflictingAdaptersError; nothing was changed then.
 * @throws UnfinishedMergeError if the engine fails – memory ran out, say – while originals are being given up.
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
    const below = mergesOf(model);
    const weights = computeMergedWeights(handles);
    try {
      await checkFinite(weights);
      // The check above waited: another call may have merged meanwhile.
      checkMergeable(model, handles, tied);
    } catch (error) {
      for (const { value } of weights) value.dispose();
      throw error;
    }
    if (mergesOf(model) === below)
      return pushMerge(model, new MergedHandle(model, handles, weights, replaceAll(weights)));
    // These values lack what was merged meanwhile, and would take it away again.
    for (const { value } of weights) value.dispose();
  }
}

async function checkFinite(weights: readonly MergedWeight[]): Promise<void> {
  const broken: string[] = [];
  for (const { path, value } of weights) if (!(await isFiniteThroughout(value))) broken.push(path);
  if (broken.length) throw new NonFiniteMergeError(broken);
}

/** Replaces every weight; if one door refuses, those already replaced are put back. */
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

/** Merges checked adapters into the model and frees what was there. */
async function mergeWithoutUndo(
  model: AdaptableModel,
  handles: readonly AdapterHandle[],
  tied: "refuse" | "untie",
): Promise<MergedHandle> {
  const { weights, dependent } = await checkedWeights(model, handles, tied);
  const parameters = new Map(model.parameters().map((parameter) => [parameter.path, parameter]));
  const merged: string[] = [];
  // What comes from other weights is computed while these are what they were.
  const early = new Map(weights.filter((one) => dependent.has(one)).map((one) => [one, one.compute().value]));
  for (const weight of weights) {
    let value = early.get(weight);
    try {
      value ??= weight.compute().value;
      weight.replace(value);
    } catch (cause) {
      for (const unused of new Set([value, ...early.values()])) if (unused?.isDisposed === false) unused.dispose();
      throw new UnfinishedMergeError(merged, weight.path, cause);
    }
    early.delete(weight);
    parameters.get(weight.path)?.forgetReplaced?.();
    merged.push(weight.path);
  }
  return pushMerge(model, new MergedHandle(model, handles, weights));
}

interface CheckedWeights {
  readonly weights: readonly WeightToMerge[];
  /** Those that come from other weights, too. */
  readonly dependent: ReadonlySet<WeightToMerge>;
}

/** Checks again for as long as other calls merge or undo meanwhile: what lies below decides what is finite. */
async function checkedWeights(
  model: AdaptableModel,
  handles: readonly AdapterHandle[],
  tied: "refuse" | "untie",
): Promise<CheckedWeights> {
  for (;;) {
    const below = mergesOf(model);
    const weights = weightsToMerge(handles);
    const dependent = await checkAll(weights);
    checkMergeable(model, handles, tied);
    if (mergesOf(model) === below) return { weights, dependent };
  }
}

/** Computes every weight once. Those that come from other weights, too. */
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
  if (broken.length) throw new NonFiniteMergeError(broken);
  return dependent;
}

/** Read and looked at here: shader compilers may assume that NaN does not occur. */
async function isFiniteThroughout(value: tf.Tensor): Promise<boolean> {
  return firstNonFinite(await value.data<"float32">()) < 0;
}
