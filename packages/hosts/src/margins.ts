// Zeros around an image, as TensorFlow counts them.

import * as tf from "@tensorflow/tfjs-core";

/** How far a window sees along one axis, and how far it steps. */
export interface Window {
  readonly seen: number;
  readonly stride: number;
}

/** "SAME": as many windows as steps, and an odd margin has its rest behind. */
export function sameMargins(size: number, { seen, stride }: Window): [number, number] {
  const missing = Math.max((Math.ceil(size / stride) - 1) * stride + seen - size, 0);
  const before = Math.floor(missing / 2);
  return [before, missing - before];
}

/** x with zeros around its axes but the first and the last. */
export function withMargins(x: tf.Tensor, margins: [number, number][]): tf.Tensor {
  return margins.flat().every((margin) => margin === 0) ? x : tf.pad(x, [[0, 0], ...margins, [0, 0]]);
}
