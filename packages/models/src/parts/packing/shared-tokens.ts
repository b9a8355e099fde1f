// Rows with the same beginning share its tokens: a causal model's states are equal there. Layers that mix the positions of a text
// read complete rows, with copies of shared tokens, whose gradients are added.

import * as tf from "@tensorflow/tfjs-core";
import { pickStates } from "../backbone/picked-states.ts";
import type { Pass } from "../pass.ts";

/** Names of tensors that a pass keeps. */
const readKey = {};
const firstKey = {};

/** `parts` [tokens, …] → complete rows [positions, …] → `compute`'s [positions, 1, width] → [tokens, 1, width]. Call it inside a tidy. */
export function withWholeRows<T extends Readonly<Record<string, tf.Tensor>>>(
  parts: T,
  pass: Pass,
  compute: (rows: T) => tf.Tensor,
): tf.Tensor {
  const { shared } = pass.inputs;
  if (shared === undefined) return compute(parts);
  const [read, first] = [pass.once(readKey, () => integers(shared)), pass.once(firstKey, () => firstPositions(shared))];
  const wholeOf = (part: tf.Tensor) => {
    const states = pickStates(tf.reshape(part, [part.shape[0] ?? 0, -1]), read as tf.Tensor1D);
    return tf.reshape(states, [shared.length, ...part.shape.slice(1)]);
  };
  // The names stay.
  const mixed = compute(Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, wholeOf(part)])) as T);
  return tf.reshape(pickStates(mixed, first as tf.Tensor1D), [first.size, 1, -1]);
}

/** The first position at which each token is read. */
function firstPositions(shared: readonly number[]): tf.Tensor {
  const first: number[] = [];
  for (const [position, token] of shared.entries()) first[token] ??= position;
  return integers(first);
}

function integers(values: readonly number[]): tf.Tensor {
  return tf.tensor1d([...values], "int32");
}
