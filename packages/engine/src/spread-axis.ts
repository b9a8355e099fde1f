// Zeros between the entries of an axis: a dilated kernel, and the gradient of a slice that leaves entries out.

import * as tf from "@tensorflow/tfjs-core";

/** Entries along one axis, `step` apart, with zeros between. Call it inside a tidy. */
export function spreadAxis(x: tf.Tensor, axis: number, step: number): tf.Tensor {
  const { shape } = x;
  const size = shape[axis] ?? 1;
  if (step === 1 || size <= 1) return x;
  const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)];
  const lifted = tf.reshape(x, [tf.util.sizeFromShape(before), size, 1, tf.util.sizeFromShape(after)]);
  const spread = tf.pad(lifted, [
    [0, 0],
    [0, 0],
    [0, step - 1],
    [0, 0],
  ]);
  const long = tf.reshape(spread, [...before, size * step, ...after]);
  return tf.slice(long, Array<number>(shape.length).fill(0), [...before, (size - 1) * step + 1, ...after]);
}
