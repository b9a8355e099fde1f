// Picks the states that a head reads, from a rectangle [batch, time] or from a batch without padding.

import { withGradients } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../pass.ts";
import type { StateSelection } from "./stages.ts";

export interface Reading<T extends tf.Tensor | tf.NamedTensorMap> {
  /** The states that are read; absent: all are. */
  readonly pick?: StateSelection | undefined;
  /** Whether a common beginning of rows may be computed once, also with dropout. */
  readonly sharesPrefix?: boolean;
  /** The result without any states, if it is known. */
  whole?(): T | undefined;
  finish(states: tf.Tensor): T;
}

/** hidden [batch, time, width] → [batch, 1, width] or [1, states, width] */
export function pickFrom(hidden: tf.Tensor, pick: StateSelection): tf.Tensor {
  const [batch = 0, time = 1] = hidden.shape;
  if ("states" in pick) return pickStates(hidden, tf.tensor1d([...pick.states], "int32"));
  if (time === 1) return tf.clone(hidden);
  const columns = pick.columns instanceof tf.Tensor ? pick.columns : tf.tensor1d([...pick.columns], "int32");
  const starts = tf.mul(tf.range(0, batch, 1, "int32"), tf.scalar(time, "int32"));
  return asRows(pickStates(hidden, tf.add(starts, columns)));
}

/** Like `pickFrom`, for the tokens of a rectangle without its padding, hidden [tokens, 1, width]; `states` are indices of tokens. */
export function pickFromPacked(hidden: tf.Tensor, states: readonly number[], pick: StateSelection): tf.Tensor {
  const picked = pickStates(hidden, tf.tensor1d([...states], "int32"));
  return "states" in pick ? picked : asRows(picked);
}

/** The indices of the picked states among all batch·time. Reads the values of a tensor of columns. */
export function numbersOf(pick: StateSelection, time: number): readonly number[] {
  if ("states" in pick) return pick.states;
  const columns = pick.columns instanceof tf.Tensor ? pick.columns.dataSync() : pick.columns;
  return Array.from(columns, (column, row) => row * time + column);
}

function asRows(picked: tf.Tensor): tf.Tensor {
  const [, states = 0, width = 0] = picked.shape;
  return tf.reshape(picked, [states, 1, width]);
}

/**
 * hidden [any, any, width], int32 positions among its states → [1, positions, width]. It is one operation, because a reshape and a
 * look-up would each keep their input.
 */
export function pickStates(hidden: tf.Tensor, indices: tf.Tensor1D): tf.Tensor {
  const { shape } = hidden;
  const width = shape.at(-1) ?? 1;
  const count = hidden.size / width;
  return withGradients({
    inputs: { hidden },
    forward: () => ({
      value: tf.reshape(tf.gather(tf.reshape(hidden, [count, width]), indices), [1, -1, width]),
      saved: [indices],
    }),
    backward: (dy, [ids]) => ({
      hidden: () => tf.reshape(tf.unsortedSegmentSum(tf.reshape(dy, [-1, width]), ids, count), shape),
    }),
  });
}

/** Picks the last state of each row. */
export function lastStates({ lastIds }: Pass): StateSelection {
  const [batch, time] = lastIds.shape;
  return { columns: Array(batch).fill(time - 1) };
}
