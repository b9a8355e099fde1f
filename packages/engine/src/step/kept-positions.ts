// What is kept of a text that goes on.

import type * as tf from "@tensorflow/tfjs-core";

/** Keys and values of some positions: [batch, keyHeads, time, headSize] each. */
export interface KeptPositions {
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}
