// Joins a hidden state and the values that later layers need (Gemma 4's shared keys, Gemma 3n's streams) to one tensor. Then
// everything that cuts or repeats a pass (picked states, checkpoints, batches without padding) carries them along.

import * as tf from "@tensorflow/tfjs-core";

/** Features of each part, in order. */
export type StateWidths = Readonly<Record<string, number>>;
export type StateParts = Readonly<Record<string, tf.Tensor>>;

/** state [batch, time, all widths] → each part [batch, time, width]. Call it inside a tidy. */
export function splitState(state: tf.Tensor, widths: StateWidths): StateParts {
  const names = Object.keys(widths);
  const parts = names.length === 1 ? [state] : tf.split(state, Object.values(widths), 2);
  return Object.fromEntries(parts.map((part, index) => [names[index], part]));
}

/** The parts that `widths` names, in its order. Call it inside a tidy. */
export function joinState(parts: StateParts, widths: StateWidths): tf.Tensor {
  const all = Object.keys(widths).map((name) => parts[name] as tf.Tensor); // the caller has all of them
  return all.length === 1 ? tf.clone(all[0] as tf.Tensor) : tf.concat(all, 2);
}
