// Zero padding of images, by TensorFlow's rules.

import * as tf from "@tensorflow/tfjs-core";

/** A window's size along one axis (with dilation), and its stride. */
export interface Window {
  readonly seen: number;
  readonly stride: number;
}

/** Padding "SAME": one window for each stride. An odd total has the larger part at the end. */
export function sameMargins(size: number, { seen, stride }: Window): [number, number] {
  const missing = Math.max((Math.ceil(size / stride) - 1) * stride + seen - size, 0);
  const before = Math.floor(missing / 2);
  return [before, missing - before];
}

/** Pads x with zeros along all axes except the first and the last. */
export function withMargins(x: tf.Tensor, margins: [number, number][]): tf.Tensor {
  return margins.flat().every((margin) => margin === 0) ? x : tf.pad(x, [[0, 0], ...margins, [0, 0]]);
}
