// Positions that are computed instead of learned (Vaswani et al. 2017, section 3.5): sines of a position at ever lower
// frequencies, then the cosines.

import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../pass.ts";

/** Marian's and PEGASUS's table of shape [positions, width]: the speed of the k-th pair is 10 000^(−2k/width). */
export function sinusoidTable([positions = 0, width = 0]: readonly number[]): tf.Tensor2D {
  const values = new Float32Array(positions * width);
  const sines = Math.ceil(width / 2);
  for (let position = 0; position < positions; position++) {
    for (let index = 0; index < width; index++) {
      const pair = index < sines ? index : index - sines;
      const angle = position / 10_000 ** ((2 * pair) / width);
      values[position * width + index] = index < sines ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return tf.tensor2d(values, [positions, width]);
}

/**
 * M2M-100's sinusoids for any position. The frequencies fall from 1 to 1/10 000; the position `padding` gets zeros. XGLM's positions
 * begin with `offset`. Returns [batch or 1, time, width].
 */
export function sinusoidsOf(width: number, padding: number | null, offset = 0): (pass: Pass) => tf.Tensor {
  const rows: Float32Array[] = [];
  const row = (position: number): Float32Array => {
    rows[position] ??= position === padding ? new Float32Array(width) : roundedSinusoids(position, width);
    return rows[position];
  };
  return (pass) => pass.byPosition((position) => row(position + offset), width);
}

/** Rounded to float32 after each step, as in torch: at a thousand radians, a small error of the frequency becomes large. */
function roundedSinusoids(position: number, width: number): Float32Array {
  const { fround } = Math;
  const half = Math.floor(width / 2);
  const step = fround(-Math.log(10_000) / (half - 1));
  const values = new Float32Array(width);
  for (let pair = 0; pair < half; pair++) {
    const angle = fround(position * fround(Math.exp(fround(pair * step))));
    values[pair] = Math.sin(angle);
    values[half + pair] = Math.cos(angle);
  }
  return values;
}
