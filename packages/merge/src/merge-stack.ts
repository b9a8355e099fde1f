// Which merges lie on a model, the oldest first. Undoing out of order would bring back weights that never were.

import type { AdaptableModel } from "@lowrank/contracts";
import type { AdapterHandle } from "@lowrank/inject";
import type { MergedHandle } from "./merged-handle.ts";

const stacks = new WeakMap<AdaptableModel, readonly MergedHandle[]>();
const none: readonly MergedHandle[] = [];

/** Merges that are in effect, the oldest first. It is another list after each merge and each undoing, and else the same. */
export function mergesOf(model: AdaptableModel): readonly MergedHandle[] {
  return stacks.get(model) ?? none;
}

export function pushMerge(model: AdaptableModel, merged: MergedHandle): MergedHandle {
  stacks.set(model, [...mergesOf(model), merged]);
  return merged;
}

export function popMerge(model: AdaptableModel, merged: MergedHandle): void {
  stacks.set(
    model,
    mergesOf(model).filter((other) => other !== merged),
  );
}

/** Whether an adapter is part of a merge that is in effect. */
export function isMerged(model: AdaptableModel, handle: AdapterHandle): boolean {
  return mergesOf(model).some((merged) => merged.adapters.includes(handle));
}
