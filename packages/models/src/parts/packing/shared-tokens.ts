// Rows that begin alike share the tokens of their beginning: a causal model's states there are equal. Layers that mix the
// positions of a text read each row as a whole, with copies of shared tokens, whose gradients add up.

import * as tf from "@tensorflow/tfjs-core";
import { pickStates } from "../backbone/picked-states.ts";
import type { Pass } from "../pass.ts";

/** Names of tensors that a pass keeps. */
const readKey = {};
const firstKey = {};

/** `parts` [tokens, …] → whole rows [places, …] → `compute`'s [places, 1, width] → [tokens, 1, width]. Call it inside a tidy. */
export function withWholeRows<T extends Readonly<Record<string, tf.Tensor>>>(
  parts: T,
  pass: Pass,
  compute: (rows: T) => tf.Tensor,
): tf.Tensor {
  const { shared } = pass.inputs;
  if (shared === undefined) return compute(parts);
  const [read, first] = [pass.once(readKey, () => integers(shared)), pass.once(firstKey, () => firstPlaces(shared))];
  const wholeOf = (part: tf.Tensor) => {
    const states = pickStates(tf.reshape(part, [part.shape[0] ?? 0, -1]), read as tf.Tensor1D);
    return tf.reshape(states, [shared.length, ...part.shape.slice(1)]);
  };
  // The names stay.
  const mixed = compute(Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, wholeOf(part)])) as T);
  return tf.reshape(pickStates(mixed, first as tf.Tensor1D), [first.size, 1, -1]);
}

/** Of each token the first place where a row reads it. */
function firstPlaces(shared: readonly number[]): tf.Tensor {
  const first: number[] = [];
  for (const [place, token] of shared.entries()) first[token] ??= place;
  return integers(first);
}

function integers(values: readonly number[]): tf.Tensor {
  return tf.tensor1d([...values], "int32");
}
