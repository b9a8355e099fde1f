// Compared with AdamW in float64, as torch.optim.AdamW computes it. Only on webgpu: LOWRANK_TEST_ENGINES=webgpu.

import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testEngines, useEngine } from "../../test/test-engines.ts";
import { FlatAdamW } from "./flat-adamw.ts";

const update = { learningRate: 0.01, betas: [0.9, 0.999], epsilon: 1e-8, clipNorm: null } as const;
/** More numbers than the norm's 64 groups of 256 lanes. */
const sizes = [3, 1, 17_000, 7];
const starts = sizes.map((_, index) => sizes.slice(0, index).reduce((sum, size) => sum + size, 0));
const size = 17_011;
const variableOf = (place: number) => starts.filter((start) => start <= place).length - 1;

it("is undefined on an engine that has no such kernels", async () => {
  await useEngine("cpu");
  expect(FlatAdamW.start([])).toBeUndefined();
});

describe.runIf(testEngines("cpu").includes("webgpu"))("AdamW over flat buffers on webgpu", () => {
  let variables: tf.Variable[];
  let adamW: FlatAdamW;
  const begin = (rateFactor = 1, weightDecay = 0.1) => {
    variables = tf.tidy(() => sizes.map((_, index) => tf.variable(tf.tensor1d(gradientOf(index, 0)))));
    const found = FlatAdamW.start(variables.map((variable) => ({ variable, rateFactor, weightDecay })));
    if (found === undefined) throw new Error("webgpu has the kernels");
    adamW = found;
  };
  const end = () => {
    adamW.dispose();
    tf.dispose(variables);
  };
  beforeAll(() => useEngine("webgpu"));
  afterAll(() => useEngine("cpu"));

  /** Numbers of one variable in one step, from about 1e-3 to 1. */
  function gradientOf(index: number, step: number): number[] {
    return Array.from({ length: sizes[index] ?? 0 }, (_, i) => Math.sin(i * (index + 1) + step) ** 3);
  }

  function add(
    step: number,
    weight = 1,
    without = -1,
    change: (index: number, values: number[]) => number[] = (_, v) => v,
  ) {
    const gradients = sizes.map((_, index) =>
      index === without ? undefined : tf.tensor1d(change(index, gradientOf(index, step))),
    );
    const loss = tf.scalar(step);
    adamW.add(loss, gradients, weight);
    tf.dispose([loss, gradients.flatMap((gradient) => gradient ?? [])]);
  }

  async function valuesNow(): Promise<Float32Array> {
    return Float32Array.from(
      (await Promise.all(variables.map((variable) => variable.data()))).flatMap((read) => [...read]),
    );
  }

  it("makes the steps of torch's AdamW, clipped by the global norm, and leaves variables without a gradient alone", async () => {
    begin(2, 0.1);
    const values = sizes.flatMap((_, index) => gradientOf(index, 0));
    const [first, second, updates] = [new Float64Array(size), new Float64Array(size), sizes.map(() => 0)];
    for (const step of [1, 2, 3]) {
      const without = step === 2 ? 2 : -1;
      adamW.clear();
      add(step, 1, without);
      const { loss, norm } = await adamW.update({ ...update, clipNorm: 5 });
      const gradients = sizes.flatMap((_, index) =>
        index === without ? gradientOf(index, 0).fill(0) : gradientOf(index, step),
      );
      const expectedNorm = Math.hypot(...gradients);
      expect(loss).toBe(step);
      expect(norm / expectedNorm).toBeCloseTo(1, 5);
      for (const index of sizes.keys()) if (index !== without) updates[index] = (updates[index] ?? 0) + 1;
      for (const [i, gradient] of gradients.entries()) {
        const count = updates[variableOf(i)] ?? 0;
        if (variableOf(i) === without) continue;
        const clipped = gradient * Math.min(1, 5 / (expectedNorm + 1e-6));
        first[i] = 0.9 * (first[i] ?? 0) + 0.1 * clipped;
        second[i] = 0.999 * (second[i] ?? 0) + 0.001 * clipped * clipped;
        const root = Math.sqrt((second[i] ?? 0) / (1 - 0.999 ** count)) + 1e-8;
        values[i] = (values[i] ?? 0) * (1 - 0.02 * 0.1) - (0.02 * (first[i] ?? 0)) / (1 - 0.9 ** count) / root;
      }
    }
    const found = await valuesNow();
    expect(Math.max(...values.map((value, i) => Math.abs(value - (found[i] ?? 0))))).toBeLessThan(2e-6);
    expect([...(await adamW.readMoments()).updates]).toEqual([3, 3, 2, 3]);
    end();
  });

  it("averages weighted losses and gradients", async () => {
    begin();
    adamW.clear();
    add(1, 3);
    add(5, 1);
    adamW.skip(4);
    const { loss, norm } = await adamW.update(update);
    expect(loss).toBeCloseTo((3 * 1 + 5) / 8, 6);
    const mean = sizes.flatMap((_, index) => {
      const fifth = gradientOf(index, 5);
      return gradientOf(index, 1).map((value, i) => (3 * value + (fifth[i] ?? 0)) / 8);
    });
    expect(norm / Math.hypot(...mean)).toBeCloseTo(1, 5);
    end();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("changes nothing in a step with a gradient of %s", async (broken) => {
    begin();
    adamW.clear();
    add(1);
    await adamW.update(update);
    const [values, moments] = [await valuesNow(), await adamW.readMoments()];
    adamW.clear();
    add(2, 1, -1, (index, found) => (index === 2 ? [...found.slice(0, -1), broken] : found));
    expect((await adamW.update(update)).norm).toBeNaN();
    expect(await valuesNow()).toEqual(values);
    expect(await adamW.readMoments()).toEqual(moments);
    expect((await adamW.readGradients())[17_003]).toBe(broken);
    end();
  });

  it("has the bias correction of the thousandth update, and continues exactly from moments that were read", async () => {
    begin();
    const updates = new Int32Array([0, 5, 999, 100_000]);
    adamW.restore({ first: new Float32Array(size), second: new Float32Array(size), updates });
    const before = await valuesNow();
    adamW.clear();
    add(1);
    await adamW.update({ ...update, learningRate: 0.5 });
    const values = await valuesNow();
    for (const [index, start] of starts.entries()) {
      const count = (updates[index] ?? 0) + 1;
      const [gradient = 0] = gradientOf(index, 1);
      const step =
        (0.1 * gradient) /
        (1 - 0.9 ** count) /
        (Math.sqrt(0.001 * gradient ** 2) / Math.sqrt(1 - 0.999 ** count) + 1e-8);
      expect(values[start]).toBeCloseTo((before[start] ?? 0) * (1 - 0.5 * 0.1) - 0.5 * step, 5);
    }
    adamW.restore({ first: new Float32Array(size), second: new Float32Array(size), updates });
    for (const [index, variable] of variables.entries()) {
      const value = tf.tensor1d(before.subarray(starts[index], (starts[index] ?? 0) + (sizes[index] ?? 0)));
      variable.assign(value);
      value.dispose();
    }
    adamW.clear();
    add(1);
    await adamW.update({ ...update, learningRate: 0.5 });
    expect(await valuesNow()).toEqual(values);
    end();
  });

  it("leaves no tensor", async () => {
    const before = tf.memory().numTensors;
    begin();
    adamW.clear();
    add(1, 2);
    await adamW.update(update);
    adamW.clear();
    add(2);
    end();
    expect(tf.memory().numTensors).toBe(before);
  });
});
