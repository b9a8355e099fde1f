// The state that represents a whole sequence: one of its states, or the mean of all without padding.

import { currentBackend } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { StateSelection } from "../parts/backbone/stages.ts";
import type { Pass } from "../parts/pass.ts";

/** Integers [batch]. */
export type ColumnsOf = (pass: Pass) => readonly number[] | tf.Tensor1D;

/** [batch, time, width] → [batch, features] */
interface PoolAll {
  readonly ofAll: (states: tf.Tensor) => tf.Tensor2D;
}

/** The column of the state that represents a row, the mean of the states that its mask shows, or a function of all states. */
export type PooledStates = ColumnsOf | "mean" | PoolAll;

/** The states that are read; absent: all are. */
export function readForPooling(pooled: PooledStates, pass: Pass): StateSelection | undefined {
  if (typeof pooled === "object") return undefined;
  if (pooled !== "mean") return { columns: pooled(pass) };
  const mask = shownBy(pass);
  return mask && { states: [...mask.keys()].filter((state) => mask[state]) };
}

/** The states that `readForPooling` selected → [batch, width]; zeros for a row of padding. */
export function pool(states: tf.Tensor, pooled: PooledStates, pass: Pass): tf.Tensor2D {
  if (typeof pooled === "object") return tf.tidy(() => pooled.ofAll(states));
  if (pooled !== "mean") return tf.reshape<tf.Rank.R2>(states, [states.shape[0] ?? 0, -1]);
  return tf.tidy(() => {
    const mask = shownBy(pass);
    if (mask !== undefined) {
      const [, count = 0, width = 0] = states.shape;
      return tf.matMul<tf.Tensor2D>(rowShares(mask, pass.shape), tf.reshape(states, [count, width]));
    }
    const { attentionMask } = pass.inputs;
    if (attentionMask === undefined) return tf.mean<tf.Tensor2D>(states, 1);
    const shown = tf.cast(attentionMask, "float32");
    const shares = tf.div(shown, tf.maximum(tf.sum(shown, 1, true), 1)); // [batch, time]
    return tf.squeeze<tf.Tensor2D>(tf.matMul(tf.expandDims(shares, 1), states as tf.Tensor3D), [1]);
  });
}

/** The mask's values if they are in this process's memory. On a GPU all states are computed instead. */
function shownBy({ inputs: { attentionMask } }: Pass): Int32Array | undefined {
  return currentBackend()?.memory === "process" ? attentionMask?.dataSync<"int32">() : undefined;
}

/** The weight of each shown state in its row's mean: [batch, shown]. */
function rowShares(mask: ArrayLike<number>, [batch, time]: readonly [number, number]): tf.Tensor2D {
  const rows = Array.from({ length: batch }, (_, row) =>
    Array.from({ length: time }, (_, column) => row * time + column).filter((state) => mask[state]),
  );
  const shown = rows.reduce((sum, { length }) => sum + length, 0);
  const shares = new Float32Array(batch * shown);
  let first = 0;
  rows.forEach(({ length }, row) => {
    shares.fill(1 / length, row * shown + first, row * shown + first + length);
    first += length;
  });
  return tf.tensor2d(shares, [batch, shown]);
}
