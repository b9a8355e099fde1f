// What layers need that read a text in order: padding that says nothing, and rows of which each is one text.

import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../pass.ts";

/** States of padding are 0, so that nothing of them reaches the tokens behind. hidden [batch, time, width] */
export function withoutPadding(hidden: tf.Tensor, { inputs: { attentionMask } }: Pass): tf.Tensor {
  const [batch = 0, time = 0] = hidden.shape;
  if (attentionMask === undefined || time === 1) return hidden;
  const own = tf.slice(attentionMask, [0, attentionMask.shape[1] - time], [batch, time]);
  return tf.mul(hidden, tf.cast(tf.expandDims(own, 2), "float32"));
}

/**
 * Computes texts x [batch, time, width], of which each row is one; those of a batch without padding, x [tokens, 1, width], by
 * groups of equal length.
 */
export function byText(x: tf.Tensor3D, { groups }: Pass, compute: (texts: tf.Tensor3D) => tf.Tensor): tf.Tensor {
  if (groups.length === 0) return compute(x);
  const [tokens, , width] = x.shape;
  const parts = tf.split(
    tf.reshape(x, [tokens, width]),
    groups.map(({ shape: [rows, time] }) => rows * time),
  );
  const made = groups.map(({ shape: [rows, time] }, index) => {
    const own = compute(tf.reshape<tf.Rank.R3>(parts[index] as tf.Tensor, [rows, time, width])); // one part a group
    return tf.reshape(own, [rows * time, 1, -1]);
  });
  return tf.concat(made, 0);
}
