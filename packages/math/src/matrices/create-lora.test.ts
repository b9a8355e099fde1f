import { expectClose, expectNoLeak } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

import { type CreateLoraOptions, createLora } from "./create-lora.ts";

const options: CreateLoraOptions = {
  inFeatures: 48,
  outFeatures: 32,
  rank: 4,
  key: { seed: 7, path: "h.0.attn.c_attn" },
  name: "pair",
};

async function valuesOf(changes: Partial<CreateLoraOptions> = {}): Promise<{ a: Float32Array; b: Float32Array }> {
  const lora = createLora({ ...options, ...changes });
  const [a, b] = await Promise.all([lora.a.data(), lora.b.data()]);
  lora.dispose();
  return { a: Float32Array.from(a), b: Float32Array.from(b) };
}

function variance(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

/** Largest distance between the values' distribution and the even one on ±bound (Kolmogorov–Smirnov). */
function distanceFromEven(values: Float32Array, bound: number): number {
  const sorted = Float32Array.from(values).sort();
  return sorted.reduce(
    (largest, value, index) => Math.max(largest, Math.abs((value + bound) / (2 * bound) - index / sorted.length)),
    0,
  );
}

describe("createLora", () => {
  it("shapes A [inFeatures, rank] and B [rank, outFeatures], both trainable and named", () => {
    const lora = createLora(options);
    expect([lora.a.shape, lora.b.shape]).toEqual([
      [48, 4],
      [4, 32],
    ]);
    expect([lora.a.name, lora.b.name]).toEqual(["pair.lora_A", "pair.lora_B"]);
    expect([lora.a.trainable, lora.b.trainable, lora.rank, lora.size]).toEqual([true, true, 4, 48 * 4 + 4 * 32]);
    lora.dispose();
  });

  it("initializes B with exactly zero", async () => {
    for (const init of ["default", "gaussian"] as const) {
      const { b } = await valuesOf({ init });
      expect(b.every((value) => Object.is(value, 0))).toBe(true);
    }
  });

  it("draws A uniformly from ±1/√inFeatures: bounds, variance 1/(3·inFeatures), shape", async () => {
    const [inFeatures, rank] = [768, 16];
    const { a } = await valuesOf({ inFeatures, rank });
    const bound = 1 / Math.sqrt(inFeatures);
    expect(Math.max(...a.map(Math.abs))).toBeLessThanOrEqual(bound);
    // The variance of n even draws scatters by about its 0.9/√n-th part.
    expectClose([variance(a) * 3 * inFeatures], [1], 4 * (0.9 / Math.sqrt(a.length)));
    expect(distanceFromEven(a, bound)).toBeLessThan(1.63 / Math.sqrt(a.length)); // the 1 % critical value
  });

  it("draws a gaussian A with deviation 1/rank", async () => {
    const { a } = await valuesOf({ inFeatures: 768, rank: 16, init: "gaussian" });
    expectClose([Math.sqrt(variance(a)) * 16], [1], 4 / Math.sqrt(2 * a.length));
  });

  it("draws both if random, B from ±1/√rank", async () => {
    const { b } = await valuesOf({ init: "random", rank: 16, outFeatures: 512 });
    expect(distanceFromEven(b, 1 / Math.sqrt(16))).toBeLessThan(1.63 / Math.sqrt(b.length));
  });

  it("initializes an embedding the other way: A zero, B normal", async () => {
    const { a, b } = await valuesOf({ kind: "embedding", inFeatures: 64, outFeatures: 512, rank: 16 });
    expect(a.every((value) => value === 0)).toBe(true);
    expectClose([variance(b)], [1], 4 * Math.sqrt(2 / b.length));
  });

  it("only depends on seed and path, not on the backend or earlier draws", async () => {
    const first = await valuesOf();
    await valuesOf({ key: { seed: 8, path: "elsewhere" } });
    await tf.setBackend("wasm");
    expectClose((await valuesOf()).a, first.a, 0);
    await tf.setBackend("cpu");
    expect((await valuesOf({ key: { seed: 8, path: options.key.path } })).a).not.toEqual(first.a);
    expect((await valuesOf({ key: { seed: 7, path: "h.1.attn.c_attn" } })).a).not.toEqual(first.a);
  });

  it("draws A and B independently", async () => {
    const { a, b } = await valuesOf({ init: "random", inFeatures: 4, outFeatures: 4, rank: 4 });
    expect(a).not.toEqual(b);
  });

  it("leaks nothing", async () => {
    await expectNoLeak(() => createLora(options).dispose());
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses rank %d", (rank) => {
    expect(() => createLora({ ...options, rank })).toThrow(expect.objectContaining({ code: "INVALID_RANK" }));
  });

  it("accepts a rank above the weight's width, as PEFT does", () => {
    const lora = createLora({ ...options, rank: 100 });
    expect(lora.rank).toBe(100);
    lora.dispose();
  });

  it("refuses invalid widths", () => {
    expect(() => createLora({ ...options, inFeatures: 0 })).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING" }),
    );
  });
});
