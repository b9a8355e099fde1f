// Layer normalization and root-mean-square normalization.

import { fc } from "@fast-check/vitest";
import { largestMagnitude } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { layerNorm } from "../../src/ops/layer-norm.ts";
import { rmsNorm } from "../../src/ops/rms-norm.ts";
import { at, byRows, mean } from "./float64.ts";
import { defineOperation, leadingAxes, type OperationCase, required, size } from "./operation-case.ts";

interface Settings {
  readonly axes: readonly number[];
  readonly features: number;
  readonly epsilon: number;
  readonly gainOffset: number;
}

/** With a single feature, or two close ones, the result depends on rounding; epsilon limits that. */
const settings: fc.Arbitrary<Settings> = fc.record({
  axes: leadingAxes,
  features: size,
  epsilon: fc.constantFrom(0.01, 0.1),
  gainOffset: fc.constantFrom(0, 1),
});

/** Native pieces hold 262 144 entries: rows of which a piece takes many, with a rest, and rows of which it takes one. */
const large: readonly Settings[] = [
  { axes: [1_031], features: 256, epsilon: 1e-5, gainOffset: 0 },
  { axes: [2], features: 131_075, epsilon: 1e-5, gainOffset: 1 },
];

const layer = defineOperation<Settings>({
  name: "layerNorm",
  settings,
  large,
  use: ({ axes, features, epsilon }) => ({
    shapes: [[...axes, features], [features], [features]],
    keepsInfinities: "a sum of infinite gradients of one sign is infinite, where moments subtract them from each other",
    compute: (x, gain, bias) => layerNorm(required(x), required(gain), required(bias), epsilon),
    twin: (x, gain, bias) => {
      const { mean, variance } = tf.moments(required(x), -1, true);
      const normalized = tf.div(tf.sub(required(x), mean), tf.sqrt(tf.add(variance, epsilon)));
      return tf.add(tf.mul(normalized, required(gain)), required(bias));
    },
    reference: (x, gain, bias) =>
      byRows(required(x), features, (row) => {
        const centred = row.map((value) => value - mean(row));
        const deviation = Math.sqrt(mean(centred.map((value) => value * value)) + epsilon);
        return centred.map(
          (value, index) => (value / deviation) * at(required(gain), index) + at(required(bias), index),
        );
      }),
  }),
});

const rootMeanSquare = defineOperation<Settings>({
  name: "rmsNorm",
  settings,
  large,
  use: ({ axes, features, epsilon, gainOffset }) => ({
    shapes: [[...axes, features], [features]],
    compute: (x, gain) => rmsNorm(required(x), required(gain), epsilon, { gainOffset }),
    // With one feature, all but epsilon's part of the gradient cancels.
    terms: (x, gain) => {
      const sizes = byRows(Float64Array.from(required(x)), features, (row) => [
        Math.sqrt(mean(row.map((value) => value * value)) + epsilon),
      ]);
      const largestGain = largestMagnitude(required(gain).map((value) => value + gainOffset));
      return [0, largestGain / sizes.reduce((min, size) => Math.min(min, size), Number.POSITIVE_INFINITY)];
    },
    twin: (x, gain) => {
      const size = tf.sqrt(tf.add(tf.mean(tf.square(required(x)), -1, true), epsilon));
      return tf.mul(tf.div(required(x), size), tf.add(required(gain), gainOffset));
    },
    reference: (x, gain) =>
      byRows(required(x), features, (row) => {
        const size = Math.sqrt(mean(row.map((value) => value * value)) + epsilon);
        return row.map((value, index) => (value / size) * (at(required(gain), index) + gainOffset));
      }),
  }),
});

export const normalizations: readonly OperationCase[] = [layer, rootMeanSquare];
