// Folds adapters into the weights: W + s·A·B in float32. Everything new is computed and checked before anything is
// replaced, and what was replaced is kept, so that undoing is exact to the bit.

import type { AdaptableModel, Restore } from "@lowrank/contracts";
import type { AdapterHandle } from "@lowrank/inject";
import { checkMergeable } from "./check-mergeable.ts";
import { NonFiniteMergeError } from "./errors.ts";
import { pushMerge } from "./merge-stack.ts";
import { MergedHandle } from "./merged-handle.ts";
import { computeMergedWeights, type MergedWeight } from "./merged-weights.ts";

/** How adapters are merged. */
export interface MergeOptions {
  /**
   * What to do with a weight that two modules share when the adapter changes one of them: "refuse" (the default), or
   * "untie": that module gets a weight of its own, and an exported model has both.
   */
  readonly tied?: "refuse" | "untie";
}

/**
 * Folds one or several adapters into the model's weights and takes them off: the plain model then computes what the
 * adapted one did. Several adapters are summed, whatever order they are given in.
 *
 * @throws NonFiniteMergeError, TiedWeightError, UnmergeableError, AlreadyMergedError, NothingToMergeError; nothing was changed then.
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
  const handles = inFixedOrder("length" in adapters ? adapters : [adapters]);
  checkMergeable(model, handles, options.tied ?? "refuse");
  const weights = computeMergedWeights(handles);
  try {
    await checkFinite(weights);
    // The check above waited: another call may have merged meanwhile.
    checkMergeable(model, handles, options.tied ?? "refuse");
  } catch (error) {
    for (const { value } of weights) value.dispose();
    throw error;
  }
  return pushMerge(model, new MergedHandle(model, handles, weights, replaceAll(weights)));
}

/** Sums depend on their order in the last bit; by name, it does not matter how the caller lists the adapters. */
function inFixedOrder(handles: readonly AdapterHandle[]): readonly AdapterHandle[] {
  return [...handles].sort((one, other) => (one.name < other.name ? -1 : 1));
}

async function checkFinite(weights: readonly MergedWeight[]): Promise<void> {
  const broken: string[] = [];
  for (const { path, value } of weights) {
    // Read and looked at here: shader compilers may assume that NaN does not occur.
    const numbers = await value.data();
    if (!numbers.every(Number.isFinite)) broken.push(path);
  }
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
