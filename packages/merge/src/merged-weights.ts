// What each changed weight will be after a merge.

import type { Restore } from "@lowrank/contracts";
import type { AdapterHandle, WeightChange } from "@lowrank/inject";
import * as tf from "@tensorflow/tfjs-core";

/** One weight's new value, not yet in place. */
export interface MergedWeight {
  /** transformers' parameter path. */
  readonly path: string;
  /** Path of the parameter that shares the old value and keeps it, if one does. */
  readonly tiedWith?: string;
  /** [inFeatures, outFeatures] for a matrix. Owned by whoever replaces with it. */
  readonly value: tf.Tensor;
  replace(value: tf.Tensor): Restore;
}

/** Every weight that the adapters change; the caller owns the values. */
export function computeMergedWeights(handles: readonly AdapterHandle[]): readonly MergedWeight[] {
  const groups = groupByPath(handles);
  const weights: MergedWeight[] = [];
  try {
    for (const changes of groups.values()) {
      if (!changes.every(({ onlyAfterOthers }) => onlyAfterOthers)) weights.push(mergeChanges(changes, groups));
    }
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
  for (const change of handles.flatMap((handle) => handle.changes)) {
    const group = groups.get(change.path);
    if (group) group.push(change);
    else groups.set(change.path, [change]);
  }
  return groups;
}

/** A weight that several adapters replace has the last one's value, as in a forward pass; updates follow in their order. */
function mergeChanges(changes: SomeChanges, groups: ChangesByPath): MergedWeight {
  const updates = changes.filter(({ kind }) => kind === "update");
  const last = updates.at(-1) ?? replacementIn(changes) ?? changes[0];
  const tied = changes.find(({ tiedWith }) => tiedWith !== undefined);
  const value = tf.tidy(() => {
    const base = baseOf(changes);
    const baseOfOther = (path: string) => baseOf(groups.get(path) ?? unchanged(path));
    return updates.reduce<tf.Tensor>((weight, update) => update.fold(weight, base, baseOfOther), base);
  });
  return {
    path: last.path,
    ...(tied?.tiedWith === undefined ? {} : { tiedWith: tied.tiedWith }),
    value,
    replace: (weight) => last.replace(weight),
  };
}

/** The weight before any update: the frozen one, or the last that replaces it. */
function baseOf(changes: SomeChanges): tf.Tensor {
  const frozen = changes[0].read();
  return replacementIn(changes)?.fold(frozen, frozen, unchanged) ?? frozen;
}

function replacementIn(changes: SomeChanges): WeightChange | undefined {
  return changes.filter(({ kind }) => kind === "replacement").at(-1);
}

/** A change may look at other weights only if its adapter changes these, too. */
function unchanged(path: string): never {
  throw new TypeError(`No adapter changes "${path}".`);
}
