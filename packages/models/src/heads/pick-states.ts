// Some of the last states, by number. An operation of its own: a reshape and a look-up would each keep what they were given.

import { withGradients } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";

/** hidden [batch, time, width], places int32 among all batch·time states → [1, places, width] */
export function pickStates(hidden: tf.Tensor, places: tf.Tensor1D): tf.Tensor {
  const { shape } = hidden;
  const width = shape.at(-1) ?? 1;
  const count = hidden.size / width;
  return withGradients({
    inputs: { hidden },
    forward: () => ({
      value: tf.reshape(tf.gather(tf.reshape(hidden, [count, width]), places), [1, -1, width]),
      saved: [places],
    }),
    backward: (dy, [ids]) => ({
      hidden: () => tf.reshape(tf.unsortedSegmentSum(tf.reshape(dy, [-1, width]), ids, count), shape),
    }),
  });
}
