// Frozen products, the LoRA branch and residual sums, both with and without dropout.

import { fc } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs-core";
import { adaptedLinears } from "../../src/ops/adapted-linear.ts";
import { addLowRank } from "../../src/ops/add-low-rank.ts";
import { addResidual } from "../../src/ops/add-residual.ts";
import { frozenLinear } from "../../src/ops/frozen-linear.ts";
import { matrix } from "../../src/rows.ts";
import { drawKey, drawnFactors } from "./drawn-factors.ts";
import { at, product } from "./float64.ts";
import { defineOperation, leadingAxes, type OperationCase, required, size, sizeOf } from "./operation-case.ts";
import { preparedWeight, type WeightSettings, weightSettings } from "./prepared-weight.ts";

interface LinearSettings {
  readonly axes: readonly number[];
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly hasBias: boolean;
  readonly kept: WeightSettings;
}

const linear = defineOperation<LinearSettings>({
  name: "frozenLinear",
  settings: fc.record({
    axes: leadingAxes,
    inFeatures: size,
    outFeatures: size,
    hasBias: fc.boolean(),
    kept: weightSettings,
  }),
  // 2 097 152 packed numbers are decoded at one time.
  large: [
    {
      axes: [2, 65],
      inFeatures: 129,
      outFeatures: 257,
      hasBias: true,
      kept: { storage: "float32", isTransposed: true },
    },
    {
      axes: [1],
      inFeatures: 513,
      outFeatures: 1031,
      hasBias: false,
      kept: { storage: "float32", isTransposed: false },
    },
    { axes: [3], inFeatures: 1025, outFeatures: 2111, hasBias: true, kept: { storage: "4 bits", isTransposed: true } },
    { axes: [3], inFeatures: 1025, outFeatures: 2111, hasBias: false, kept: { storage: "bf16", isTransposed: false } },
  ],
  use: ({ axes, inFeatures, outFeatures, hasBias, kept }) => {
    const frozen = preparedWeight([inFeatures, outFeatures], kept);
    const plain = () => tf.tensor2d(frozen.values.slice(), [inFeatures, outFeatures]);
    return {
      prepare: frozen.prepare,
      constants: frozen.constants,
      shapes: [[...axes, inFeatures], ...(hasBias ? [[outFeatures]] : [])],
      compute: (x, bias) => frozenLinear(required(x), frozen.weight(), bias),
      twin: (x, bias) => {
        const rows = tf.matMul(tf.reshape(required(x), [sizeOf(axes), inFeatures]), plain());
        const y = tf.reshape(rows, [...axes, outFeatures]);
        return bias === undefined ? y : tf.add(y, bias);
      },
      reference: (x, bias) => {
        const y = product(required(x), Float64Array.from(frozen.values), inFeatures);
        return bias === undefined ? y : y.map((value, index) => value + at(bias, index % outFeatures));
      },
    };
  },
});

interface AdaptedSettings extends LinearSettings {
  readonly rank: number;
}

const adapted = defineOperation<AdaptedSettings>({
  name: "adaptedLinears",
  settings: fc.record({
    axes: leadingAxes,
    inFeatures: size,
    outFeatures: size,
    rank: size,
    hasBias: fc.boolean(),
    kept: weightSettings,
  }),
  large: [
    {
      axes: [2, 37],
      inFeatures: 70,
      outFeatures: 101,
      rank: 32,
      hasBias: true,
      kept: { storage: "4 bits with minima", isTransposed: true },
    },
    {
      axes: [300],
      inFeatures: 65,
      outFeatures: 1031,
      rank: 3,
      hasBias: false,
      kept: { storage: "float32", isTransposed: false },
    },
  ],
  use: ({ axes, inFeatures, outFeatures, rank, hasBias, kept }) => {
    const frozen = preparedWeight([inFeatures, outFeatures], kept);
    const plain = () => tf.tensor2d(frozen.values.slice(), [inFeatures, outFeatures]);
    return {
      prepare: frozen.prepare,
      constants: frozen.constants,
      shapes: [[...axes, inFeatures], [inFeatures, rank], [rank, outFeatures], ...(hasBias ? [[outFeatures]] : [])],
      compute: (x, a, b, bias) => {
        const parts = { weight: frozen.weight(), bias, a: matrix(required(a)), b: matrix(required(b)), scale: 2 };
        const apart = () => addLowRank(frozenLinear(required(x), parts.weight, bias), required(x), parts.a, parts.b, 2);
        return adaptedLinears(required(x), [parts])?.[0] ?? apart();
      },
      twin: (x, a, b, bias) => {
        const rows = tf.reshape(required(x), [sizeOf(axes), inFeatures]);
        const update = tf.mul(tf.matMul(tf.matMul(rows, required(a)), required(b)), 2);
        const y = tf.reshape(tf.add(tf.matMul(rows, plain()), update), [...axes, outFeatures]);
        return bias === undefined ? y : tf.add(y, bias);
      },
      reference: (x, a, b, bias) => {
        const update = product(product(required(x), required(a), inFeatures), required(b), rank);
        const y = product(required(x), Float64Array.from(frozen.values), inFeatures);
        return y.map((value, index) => value + 2 * at(update, index) + (bias ? at(bias, index % outFeatures) : 0));
      },
    };
  },
});

interface LowRankSettings {
  readonly axes: readonly number[];
  readonly inFeatures: number;
  readonly rank: number;
  readonly outFeatures: number;
  readonly scale: number;
  /** Rate of dropout. */
  readonly rate: number;
}

const lowRank = defineOperation<LowRankSettings>({
  name: "addLowRank",
  settings: fc.record({
    axes: leadingAxes,
    inFeatures: size,
    rank: size,
    outFeatures: size,
    scale: fc.constantFrom(0.25, 1, 2),
    rate: fc.constantFrom(0, 0.3),
  }),
  large: [
    { axes: [3, 43], inFeatures: 257, rank: 17, outFeatures: 509, scale: 2, rate: 0 },
    { axes: [3, 1400], inFeatures: 257, rank: 3, outFeatures: 31, scale: 2, rate: 0.1 },
  ],
  use: ({ axes, inFeatures, rank, outFeatures, scale, rate }) => ({
    shapes: [
      [...axes, outFeatures],
      [...axes, inFeatures],
      [inFeatures, rank],
      [rank, outFeatures],
    ],
    compute: (output, x, a, b) =>
      addLowRank(required(output), required(x), matrix(required(a)), matrix(required(b)), scale, {
        dropout: { rate, key: drawKey },
      }),
    twin: (output, x, a, b) => {
      const shape = [sizeOf(axes), inFeatures];
      const rows = tf.mul(tf.reshape(required(x), shape), tf.tensor(drawnFactors(required(x).size, rate), shape));
      const update = tf.mul(tf.matMul(tf.matMul(rows, required(a)), required(b)), scale);
      return tf.add(required(output), tf.reshape(update, [...axes, outFeatures]));
    },
    reference: (output, x, a, b) => {
      const factors = drawnFactors(required(x).length, rate);
      const seen = required(x).map((value, index) => value * at(factors, index));
      const update = product(product(seen, required(a), inFeatures), required(b), rank);
      return required(output).map((value, index) => value + scale * at(update, index));
    },
  }),
});

const residual = defineOperation<{ readonly shape: readonly number[]; readonly rate: number }>({
  name: "addResidual",
  settings: fc.record({ shape: leadingAxes, rate: fc.constantFrom(0, 0.3) }),
  large: [
    { shape: [262_145], rate: 0 },
    { shape: [262_145], rate: 0.1 },
    { shape: [257, 256], rate: 0.003 },
  ],
  use: ({ shape, rate }) => {
    const factors = drawnFactors(sizeOf(shape), rate);
    return {
      shapes: [shape, shape],
      compute: (a, b) => addResidual(required(a), required(b), { rate, key: drawKey }),
      twin: (a, b) => tf.add(required(a), tf.mul(required(b), tf.tensor(factors, [...shape]))),
      reference: (a, b) => required(a).map((value, index) => value + at(required(b), index) * at(factors, index)),
    };
  },
});

export const linearOperations: readonly OperationCase[] = [linear, adapted, lowRank, residual];
