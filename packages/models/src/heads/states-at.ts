// Of each sequence the one state that stands for it.

import { embeddingLookup } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";

/** hidden [batch, time, width] → [batch, 1, width]: of each row the state at its place, int32 [batch]. */
export function statesAt(hidden: tf.Tensor, places: tf.Tensor1D): tf.Tensor {
  const [batch = 0, time = 0, width = 0] = hidden.shape;
  const flat = tf.reshape<tf.Rank.R2>(hidden, [batch * time, width]);
  const starts = tf.mul(tf.range(0, batch, 1, "int32"), tf.scalar(time, "int32"));
  return tf.reshape(embeddingLookup(flat, tf.add(starts, places)), [batch, 1, width]);
}
