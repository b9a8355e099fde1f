// Of each sequence the one state that stands for it.

import * as tf from "@tensorflow/tfjs-core";
import { pickStates } from "./pick-states.ts";

/** hidden [batch, time, width] → [batch, 1, width]: of each row the state at its place, int32 [batch]. */
export function statesAt(hidden: tf.Tensor, places: tf.Tensor1D): tf.Tensor {
  const [batch = 0, time = 0, width = 0] = hidden.shape;
  const starts = tf.mul(tf.range(0, batch, 1, "int32"), tf.scalar(time, "int32"));
  return tf.reshape(pickStates(hidden, tf.add(starts, places)), [batch, 1, width]);
}
