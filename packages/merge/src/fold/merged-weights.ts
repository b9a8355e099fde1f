// Computes the new value of each weight of a merge.

import type { Restore } from "@lowrank/contracts/internal";
import type { AdapterHandle, WeightChange } from "@lowrank/inject";
import * as tf from "@tensorflow/tfjs-core";

/** A weight that a merge changes. */
export interface WeightToMerge {
  /** transformers' parameter path. */
  readonly path: string;
  /** Path of the parameter that shares the old value and keeps it, if there is one. */
  readonly tiedWith?: string;
  /** In order: replacements of the weight, then updates. */
  readonly changes: readonly WeightChange[];
  compute(): ComputedWeight;
  replace(value: tf.Tensor): Restore;
}

interface ComputedWeight {
  /** The new value, [inFeatures, outFeatures] for a matrix. The caller owns it. */
  readonly value: tf.Tensor;
  /** Whether it depends on other weights from before the merge. */
  readonly usesOthers: boolean;
}

/** A weight's new value, not yet in place. The code that replaces the weight owns it. */
export interface MergedWeight extends Pick<WeightToMerge, "path" | "tiedWith" | "replace"> {
  readonly value: tf.Tensor;
}

/** All weights that the adapters change; nothing is computed yet. */
export function weightsToMerge(handles: readonly AdapterHandle[]): readonly WeightToMerge[] {
  const groups = groupByPath(handles);
  return [...groups.values()].flatMap((changes) =>
    changes.every(({ onlyAfterOthers }) => onlyAfterOthers) ? [] : [mergeChanges(changes, groups)],
  );
}

/** The new values of all weights. The caller owns them. */
export function computeMergedWeights(handles: readonly AdapterHandle[]): readonly MergedWeight[] {
  const weights: MergedWeight[] = [];
  try {
    for (const weight of weightsToMerge(handles)) weights.push({ ...weight, value: weight.compute().value });
    return weights;
  } catch (error) {
    for (const { value } of weights) value.dispose();
    throw error;
  }
}

type SomeChanges = readonly [WeightChange, ...WeightChange[]];
type ChangesByPath = ReadonlyMap<string, SomeChanges>;

function groupByPath(handles: readonly AdapterHandle[]): ChangesByPath {
  const groups = new Map<string, [WeightChange, ...WeightChange[]]>();
  for (const change of inOrder(handles)) {
    const group = groups.get(change.path);
    if (group) group.push(change);
    else groups.set(change.path, [change]);
  }
  return groups;
}

/** Replacements are in the caller's order. Sums are sorted by name, because their last bit depends on the order. */
function inOrder(handles: readonly AdapterHandle[]): readonly WeightChange[] {
  const byName = [...handles].sort((one, other) => (one.name < other.name ? -1 : 1));
  const changesOf = (ordered: typeof handles, kind: WeightChange["kind"]) =>
    ordered.flatMap((handle) => handle.changes.filter((change) => change.kind === kind));
  return [...changesOf(handles, "replacement"), ...changesOf(byName, "update")];
}

/** If several adapters replace a weight, the last one's value is used, as in a forward pass. Updates follow in order. */
function mergeChanges(changes: SomeChanges, groups: ChangesByPath): WeightToMerge {
  const updates = changes.filter(({ kind }) => kind === "update");
  const last = updates.at(-1) ?? replacementIn(changes) ?? changes[0];
  const tied = changes.find(({ tiedWith }) => tiedWith !== undefined);
  return {
    path: last.path,
    ...(tied?.tiedWith === undefined ? {} : { tiedWith: tied.tiedWith }),
    changes,
    compute: () => foldAll(changes, updates, groups),
    replace: (weight) => last.replace(weight),
  };
}

function foldAll(changes: SomeChanges, updates: readonly WeightChange[], groups: ChangesByPath): ComputedWeight {
  let usesOthers = false;
  const value = tf.tidy(() => {
    const base = baseOf(changes);
    const baseOfOther = (path: string) => {
      usesOthers = true;
      return baseOf(groups.get(path) ?? unchanged(path));
    };
    return updates.reduce<tf.Tensor>((weight, update) => update.fold(weight, base, baseOfOther), base);
  });
  return { value, usesOthers };
}

/** The weight before all updates: the last replacement, else the frozen weight. */
function baseOf(changes: SomeChanges): tf.Tensor {
  const frozen = changes[0].read();
  return replacementIn(changes)?.fold(frozen, frozen, unchanged) ?? frozen;
}

function replacementIn(changes: SomeChanges): WeightChange | undefined {
  return changes.filter(({ kind }) => kind === "replacement").at(-1);
}

/** A change may read other weights only if its adapter changes these, too. */
function unchanged(path: string): never {
  throw new TypeError(`No adapter changes "${path}".`);
}
