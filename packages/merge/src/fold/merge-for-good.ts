// A merge without a way back. At most one weight is in memory twice: each is computed, checked and freed again in a first
// pass, so that a broken adapter changes nothing, and computed once more and put in place in a second one.

import { firstNonFinite } from "@lowrank/adapter-format";
import type { AdaptableModel } from "@lowrank/contracts";
import type { AdapterHandle } from "@lowrank/inject";
import type * as tf from "@tensorflow/tfjs-core";
import { checkMergeable } from "./check-mergeable.ts";
import { NonFiniteMergeError, UnfinishedMergeError } from "./errors.ts";
import { MergedHandle, mergesOf, pushMerge } from "./merged-handle.ts";
import { type WeightToMerge, weightsToMerge } from "./merged-weights.ts";

/** Merges checked adapters into the model and frees what was there. */
export async function mergeForGood(
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
export async function isFiniteThroughout(value: tf.Tensor): Promise<boolean> {
  return firstNonFinite(await value.data<"float32">()) < 0;
}
