// A drawn DoRA at a linear layer, and what it must equal: in float64 with the central differences of that, in which the lengths of
// the adapted weight's columns are constants, and by plain operations of TensorFlow.js.

import { activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { dropout } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";

export interface DoraSettings {
  readonly rows: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly rank: number;
  readonly scale: number;
  readonly rate: number;
  readonly isTransposed: boolean;
  /** Whether the site tells its weight and bias, or is asked for another product. */
  readonly tells: boolean;
}

const size = fc.oneof(fc.integer({ min: 1, max: 7 }), fc.constantFrom(8, 9, 13, 16, 17, 31, 33));
export const doraSettings: fc.Arbitrary<DoraSettings> = fc.record({
  rows: fc.integer({ min: 0, max: 9 }),
  inFeatures: size,
  outFeatures: size,
  rank: fc.integer({ min: 1, max: 5 }),
  scale: fc.constantFrom(0.25, 1, 2),
  rate: fc.constantFrom(0, 0, 0.3),
  isTransposed: fc.boolean(),
  tells: fc.boolean(),
});

/** Entries of x [rows, inFeatures], A [inFeatures, rank], B [rank, outFeatures], m [outFeatures]: what is differentiated. */
type Inputs = readonly [Float32Array, Float32Array, Float32Array, Float32Array];

export interface DoraCase extends DoraSettings {
  readonly inputs: Inputs;
  /** [inFeatures, outFeatures] */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  /** What each entry of x is multiplied by in DoRA's own terms. */
  readonly kept: Float32Array;
}

export const training: ForwardContext = {
  ...inferenceContext(activeAdapters("default")),
  training: true,
  random: { seed: 5, step: 2, microStep: 1 },
};
const dropKey = { ...training.random, path: "default/h.0.fc" };

const waves = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, index) => Math.sin((index + 1) * 12.9898 * seed + seed));

export function caseOf(chosen: DoraSettings): DoraCase {
  const { rows, inFeatures, outFeatures, rank, rate } = chosen;
  const inputs: Inputs = [
    waves(rows * inFeatures, 1),
    waves(inFeatures * rank, 2),
    waves(rank * outFeatures, 3),
    waves(outFeatures, 4).map((value) => 1.5 + value),
  ];
  const kept = tf.tidy(() =>
    dropout(tf.ones([rows, inFeatures]), rate, dropKey)
      .dataSync()
      .slice(),
  );
  return {
    ...chosen,
    inputs,
    weight: waves(inFeatures * outFeatures, 5),
    bias: waves(outFeatures, 6),
    kept: Float32Array.from(kept as unknown as Float32Array),
  };
}

export const outputWeights = (length: number) => waves(length, 0.37);

/** In float64: (x·W + b) + (g − 1)·(d·W) + g·s·(d·A)·B for the dropped input d and g = m/‖W + s·A·B‖ of `lengths`. */
export function reference(one: DoraCase, [x, a, b, m]: readonly Float64Array[], lengths: Float64Array): Float64Array {
  const { rows, inFeatures, outFeatures, rank, scale, weight, bias, kept } = one;
  const dropped = x!.map((value, position) => value * kept[position]!);
  const whole = product(x!, weight, [rows, inFeatures, outFeatures]);
  const base = product(dropped, weight, [rows, inFeatures, outFeatures]);
  const update = product(product(dropped, a!, [rows, inFeatures, rank]), b!, [rows, rank, outFeatures]);
  return whole.map((value, position) => {
    const column = position % outFeatures;
    const ratio = m![column]! / lengths[column]!;
    return value + bias[column]! + (ratio - 1) * base[position]! + ratio * scale * update[position]!;
  });
}

export function lengthsOf({ inFeatures, outFeatures, rank, scale, weight, inputs: [, a, b] }: DoraCase): Float64Array {
  const delta = product(a, b, [inFeatures, rank, outFeatures]);
  const lengths = new Float64Array(outFeatures);
  delta.forEach((value, position) => {
    lengths[position % outFeatures]! += (weight[position]! + scale * value) ** 2;
  });
  return lengths.map(Math.sqrt);
}

function product(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  [rows, inner, columns]: readonly [number, number, number],
): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, position) => {
    let sum = 0;
    const row = Math.floor(position / columns);
    for (let index = 0; index < inner; index++)
      sum += a[row * inner + index]! * b[index * columns + (position % columns)]!;
    return sum;
  });
}

export function gradientAt(one: DoraCase, input: number, position: number): number {
  const lengths = lengthsOf(one);
  const sumAt = (shift: number) => {
    const moved = one.inputs.map((values) => Float64Array.from(values));
    moved[input]![position]! += shift;
    const output = reference(one, moved, lengths);
    const weights = outputWeights(output.length);
    return output.reduce((sum, value, index) => sum + value * weights[index]!, 0);
  };
  return (sumAt(1e-5) - sumAt(-1e-5)) / 2e-5;
}

/** By plain operations of TensorFlow.js. */
export function twin(one: DoraCase, [x, a, b, m]: readonly tf.Tensor[]): tf.Tensor {
  const { rows, inFeatures, outFeatures, scale, kept } = one;
  const weight = tf.tensor2d(one.weight, [inFeatures, outFeatures]);
  const lengths = tf.tensor1d(Float32Array.from(lengthsOf(one)));
  const dropped = tf.mul(x!, tf.tensor2d(kept, [rows, inFeatures])) as tf.Tensor2D;
  const ratio = tf.div(m!, lengths);
  const update = tf.mul(tf.matMul(tf.matMul(dropped, a as tf.Tensor2D), b as tf.Tensor2D), scale);
  const stretched = tf.mul(tf.sub(ratio, 1), tf.matMul(dropped, weight));
  const whole = tf.add(tf.matMul(x as tf.Tensor2D, weight), tf.tensor1d(one.bias));
  return tf.add(tf.add(whole, stretched), tf.mul(ratio, update));
}
