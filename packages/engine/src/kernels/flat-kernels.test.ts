// Compared with AdamW in float64, as torch.optim.AdamW computes it. Only where webgpu is among LOWRANK_TEST_ENGINES.

import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testEngines, useEngine } from "../../test/test-engines.ts";
import { flatKernels } from "./flat-kernels.ts";

/** More numbers than the norm's 64 groups of 256 lanes. The third variable has no gradient. */
const starts = [0, 3, 4, 9, 17_009];
const [size, without] = [17_016, 2];
const counts = Int32Array.of(0, 5, 7, 999, 100_000);
const numbers = { learningRate: 0.01, betas: [0.9, 0.999], epsilon: 1e-8, clipNorm: 5, scale: 0.5 } as const;
const wave = (start: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.7 + start) ** 3);
const [values, first, second] = [wave(0), wave(1), wave(2).map((value) => value * value + 1e-4)];

it("are undefined on an engine that has none", async () => {
  await useEngine("cpu");
  expect(flatKernels()).toBeUndefined();
});

describe.runIf(testEngines("cpu").includes("webgpu"))("kernels over flat buffers on webgpu", () => {
  beforeAll(() => useEngine("webgpu"));
  afterAll(() => useEngine("cpu"));

  /** The values after the update by these gradients, by the names of tensors. */
  async function updateBy(gradients: Float32Array) {
    const rows = starts.flatMap((start, index) => [start, index === without ? 0 : 1, 0, 0]);
    const table = Int32Array.from(rows);
    const rates = new Float32Array(table.buffer);
    for (const index of starts.keys()) rates.set([2, 0.1], 4 * index + 2);
    const tensors = {
      gradients: tf.tensor1d(gradients),
      loss: tf.scalar(6),
      status: tf.zeros([4]),
      values: tf.tensor1d(values),
      first: tf.tensor1d(first),
      second: tf.tensor1d(second),
      table: tf.tensor1d(table, "int32"),
      counts: tf.tensor1d(counts, "int32"),
    };
    flatKernels()?.adamW(tensors, numbers);
    const read = Object.entries(tensors).map(async ([name, tensor]) => [name, await tensor.data()] as const);
    const found: Record<string, ArrayLike<number>> = Object.fromEntries(await Promise.all(read));
    tf.dispose(tensors);
    return found;
  }

  it("clip by the global norm and make torch's step, at the first update as at the hundred thousandth", async () => {
    const gradients = wave(3).fill(0, starts[without], starts[without + 1]);
    const found = await updateBy(gradients);
    const norm = Math.hypot(...gradients) / 2;
    expect(found.status?.[0]).toBe(3);
    expect((found.status?.[1] ?? 0) / norm).toBeCloseTo(1, 5);
    const differences = values.map((value, i) => {
      const variable = starts.filter((start) => start <= i).length - 1;
      const count = (counts[variable] ?? 0) + 1;
      const gradient = (((gradients[i] ?? 0) / 2) * 5) / (norm + 1e-6);
      const mean = (0.9 * (first[i] ?? 0) + 0.1 * gradient) / (1 - 0.9 ** count);
      const square = (0.999 * (second[i] ?? 0) + 0.001 * gradient ** 2) / (1 - 0.999 ** count);
      const updated = value * (1 - 0.02 * 0.1) - (0.02 * mean) / (Math.sqrt(square) + 1e-8);
      return (variable === without ? value : updated) - (found.values?.[i] ?? Number.NaN);
    });
    expect(Math.max(...differences.map(Math.abs))).toBeLessThan(2e-6);
    expect(found.counts).toEqual(Int32Array.of(1, 6, 7, 1000, 100_001));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("change nothing if a gradient is %s", async (broken) => {
    const found = await updateBy(wave(3).fill(broken, 16_999, 17_000));
    expect(found.status?.[1]).toBeNaN();
    expect(found).toMatchObject({ values, first, second, counts });
  });

  it("join tensors with zeros between, and split them again", async () => {
    const parts = [tf.tensor2d([[1, 2]]), tf.scalar(3)];
    const joined = flatKernels()?.join(parts, [1, 4], 6) ?? tf.zeros([0]);
    const again = flatKernels()?.split(joined, parts, [1, 4]) ?? [];
    expect([...(await joined.data())]).toEqual([0, 1, 2, 0, 3, 0]);
    expect(again.map(({ shape }) => shape)).toEqual([[1, 2], []]);
    expect([...((await again[0]?.data()) ?? [])]).toEqual([1, 2]);
    tf.dispose([...parts, joined, ...again]);
  });
});
