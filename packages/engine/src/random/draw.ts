// Random tensors whose values are computed in JavaScript, so that they are the same on every backend.

import * as tf from "@tensorflow/tfjs-core";
import { type DrawKey, hashKey } from "./hash-key.ts";
import { threefry } from "./threefry.ts";

/** 2⁻²⁴: the spacing at which a float32 in [0, 1) can hold every value. */
const unit = 2 ** -24;

/** Values drawn uniformly from [min, max), the same for the same key on every backend. The caller owns the tensor. */
export function uniform(shape: readonly number[], min: number, max: number, key: DrawKey): tf.Tensor {
  const values = uniformValues(tf.util.sizeFromShape([...shape]), key);
  for (let index = 0; index < values.length; index++) values[index] = min + (values[index] ?? 0) * (max - min);
  return tf.tensor(values, [...shape], "float32");
}

/** Normally distributed values (Box and Muller 1958), the same for the same key. The caller owns the tensor. */
export function normal(shape: readonly number[], mean: number, deviation: number, key: DrawKey): tf.Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  const uniforms = uniformValues(size + (size % 2), key);
  const values = new Float32Array(size);
  for (let index = 0; index < size; index += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - (uniforms[index] ?? 0))) * deviation;
    const angle = 2 * Math.PI * (uniforms[index + 1] ?? 0);
    values[index] = mean + radius * Math.cos(angle);
    if (index + 1 < size) values[index + 1] = mean + radius * Math.sin(angle);
  }
  return tf.tensor(values, [...shape], "float32");
}

/** Values `first` to `first + count` of the key's endless stream of uniform values in [0, 1). Each threefry call makes two. */
export function uniformValues(count: number, key: DrawKey, first = 0): Float32Array {
  const words = hashKey(key);
  const values = new Float32Array(count);
  for (let index = -(first % 2); index < count; index += 2) {
    const [even, odd] = threefry(words, [first + index, 0]);
    if (index >= 0) values[index] = (even >>> 8) * unit;
    if (index + 1 < count) values[index + 1] = (odd >>> 8) * unit;
  }
  return values;
}
