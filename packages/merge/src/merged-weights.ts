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
  const weights: MergedWeight[] = [];
  try {
    for (const changes of groupByPath(handles)) weights.push(mergeChanges(changes));
    return weights;
  } catch (error) {
    for (const { value } of weights) value.dispose();
    throw error;
  }
}

type SomeChanges = readonly [WeightChange, ...WeightChange[]];

function groupByPath(handles: readonly AdapterHandle[]): readonly SomeChanges[] {
  const groups = new Map<string, [WeightChange, ...WeightChange[]]>();
  for (const change of handles.flatMap((handle) => handle.changes)) {
    const group = groups.get(change.path);
    if (group) group.push(change);
    else groups.set(change.path, [change]);
  }
  return [...groups.values()];
}

/** A weight that several adapters replace has the last one's value, as in a forward pass; updates follow in their order. */
function mergeChanges(changes: SomeChanges): MergedWeight {
  const replacement = changes.filter(({ kind }) => kind === "replacement").at(-1);
  const updates = changes.filter(({ kind }) => kind === "update");
  const last = updates.at(-1) ?? replacement ?? changes[0];
  const tied = changes.find(({ tiedWith }) => tiedWith !== undefined);
  const value = inOrder(replacement, updates, last);
  return {
    path: last.path,
    ...(tied?.tiedWith === undefined ? {} : { tiedWith: tied.tiedWith }),
    value,
    replace: (weight) => last.replace(weight),
  };
}

function inOrder(
  replacement: WeightChange | undefined,
  updates: readonly WeightChange[],
  { read }: WeightChange,
): tf.Tensor {
  return tf.tidy(() => {
    const frozen = read();
    const base = replacement === undefined ? frozen : replacement.fold(frozen, frozen);
    return updates.reduce<tf.Tensor>((weight, update) => update.fold(weight, base), base);
  });
}
