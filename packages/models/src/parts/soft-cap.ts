// A smooth bound (Gemma 2).

import * as tf from "@tensorflow/tfjs-core";

/** cap·tanh(x/cap): nearly x if x is small, and never beyond ±cap. */
export function softCap(x: tf.Tensor, cap: number): tf.Tensor {
  return tf.mul(tf.tanh(tf.div(x, cap)), cap);
}
