// A gated convolution over a few of the last positions, each feature by itself (Liquid AI's LFM2): y = C·(taps ∗ (B·x)), where B, C
// and x are linear maps of the states.

import { computeByRows, type LinearSite, type ParameterSlot } from "@lowrank/doors";
import * as tf from "@tensorflow/tfjs-core";
import type { KeyValueCache } from "./cache/key-value-cache.ts";
import type { Layer, Pass } from "./pass.ts";

export interface ShortConvolutionOptions {
  readonly layer: number;
  /** Gives B, C and x, one after the other. */
  readonly input: LinearSite;
  /** [width, 1, taps], the last of them for the position itself. */
  readonly taps: ParameterSlot;
  readonly output: LinearSite;
}

/** hidden [batch, time, width] → the same shape. A row sees neither padding nor the row before it. */
export function shortConvolution({ layer, input, taps, output }: ShortConvolutionOptions): Layer {
  return (hidden, pass) =>
    tf.tidy(() => {
      const parts = tf.split(input.forward(shown(hidden, pass), pass.context), 3, 2);
      // Three parts asked for, three given.
      const [before, after, x] = parts as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
      const gated = tf.mul<tf.Tensor3D>(before, x);
      const convolve = (rows: tf.Tensor3D) =>
        computeByRows({ x: rows, context: pass.context, path: taps.path, doors: [taps] }, (own, context) =>
          convolved(own as tf.Tensor3D, taps.value(context)),
        );
      const { cache } = pass;
      const mixed =
        cache === undefined
          ? byGroup(gated, pass, convolve)
          : behind(gated, { cache, layer, kept: (taps.shape[2] ?? 1) - 1 }, convolve);
      return output.forward(tf.mul(after, mixed), pass.context);
    });
}

/** States of padding are 0, so that nothing of them reaches the tokens behind. */
function shown(hidden: tf.Tensor, { inputs: { attentionMask } }: Pass): tf.Tensor {
  const [batch = 0, time = 0] = hidden.shape;
  if (attentionMask === undefined || time === 1) return hidden;
  const own = tf.slice(attentionMask, [0, attentionMask.shape[1] - time], [batch, time]);
  return tf.mul(hidden, tf.cast(tf.expandDims(own, 2), "float32"));
}

/** Σ taps[k]·x[t − last + k]; what lies in front of the first position is 0. x [batch, time, width] */
function convolved(x: tf.Tensor3D, taps: tf.Tensor): tf.Tensor {
  const [, time] = x.shape;
  const count = taps.shape[2] ?? 1;
  const padded = tf.pad(x, [
    [0, 0],
    [count - 1, 0],
    [0, 0],
  ]);
  const byTap = tf.unstack(tf.transpose(tf.squeeze(taps, [1]))); // of each tap [width]
  return byTap
    .map((tap, place) => tf.mul(tf.slice(padded, [0, place, 0], [-1, time, -1]), tap))
    .reduce((sum, part) => tf.add(sum, part));
}

/** Of a batch without padding [tokens, 1, width] rows of equal length together. */
function byGroup(x: tf.Tensor3D, { groups }: Pass, convolve: (rows: tf.Tensor3D) => tf.Tensor): tf.Tensor {
  if (groups.length === 0) return convolve(x);
  const [tokens, , width] = x.shape;
  const parts = tf.split(
    tf.reshape(x, [tokens, width]),
    groups.map(({ shape: [rows, time] }) => rows * time),
  );
  const made = groups.map(({ shape: [rows, time] }, index) =>
    tf.reshape(convolve(tf.reshape<tf.Rank.R3>(parts[index] as tf.Tensor, [rows, time, width])), [-1, 1, width]),
  );
  return tf.concat(made, 0);
}

/** Behind the last positions that a cache keeps of this layer, of which it then keeps the newest. */
function behind(
  x: tf.Tensor3D,
  { cache, layer, kept }: { readonly cache: KeyValueCache; readonly layer: number; readonly kept: number },
  convolve: (rows: tf.Tensor3D) => tf.Tensor,
): tf.Tensor {
  const [batch, time, width] = x.shape;
  const past = cache.withRoom(layer)?.at(-1)?.key;
  const front = past === undefined ? tf.zeros([batch, kept, width]) : tf.reshape(past, [batch, kept, width]);
  const all = tf.concat([front as tf.Tensor3D, x], 1);
  const newest = tf.reshape(tf.slice(all, [0, time, 0], [batch, kept, width]), [batch, 1, kept, width]);
  cache.replaceLast(layer, { key: newest, value: tf.clone(newest) });
  return tf.slice(convolve(all), [0, kept, 0], [batch, time, width]);
}
