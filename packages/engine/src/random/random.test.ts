import { expectClose } from "@lowrank/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { useTestEngine } from "../../test/test-engines.ts";
import { ArgumentError } from "../errors.ts";
import { normal, uniform, uniformValues } from "./draw.ts";
import { hashKey } from "./hash-key.ts";
import { threefry } from "./threefry.ts";

beforeAll(useTestEngine);

describe("threefry", () => {
  // Known-answer tests of the Random123 library (kat_vectors, threefry2x32 with 20 rounds).
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ] as const)("under key %j maps counter %j to %j", (key, counter, expected) => {
    expect(threefry(key, counter)).toEqual(expected);
  });
});

describe("hashKey", () => {
  it("tells any two draws apart", () => {
    const keys = [
      { seed: 1, path: "a" },
      { seed: 2, path: "a" },
      { seed: 1, path: "b" },
      { seed: 1, path: "" },
      { seed: 1, step: 1, path: "a" },
      { seed: 1, microStep: 1, path: "a" },
      { seed: 0xffffffff, path: "a" },
    ];
    expect(new Set(keys.map((key) => hashKey(key).join())).size).toBe(keys.length);
  });

  it.each([-1, 1.5, 2 ** 32, Number.NaN])("refuses the seed %d", (seed) => {
    expect(() => hashKey({ seed, path: "a" })).toThrow(ArgumentError);
  });
});

describe("uniform", () => {
  it("has the same values as when this was written", () => {
    const values = [...uniformValues(3, { seed: 7, path: "transformer.h.0.attn.c_attn.lora_A" })];
    expect(values.map((value) => value.toFixed(6))).toMatchInlineSnapshot(`
      [
        "0.114505",
        "0.151418",
        "0.387263",
      ]
    `);
  });

  it("begins with the same values however many are drawn", () => {
    const key = { seed: 7, path: "a" };
    expect([...uniformValues(9, key).slice(0, 4)]).toEqual([...uniformValues(4, key)]);
  });

  it.each([1, 2, 5])("returns the values from number %d on without the earlier ones", (first) => {
    const key = { seed: 7, path: "a" };
    for (const count of [1, 2, 3]) {
      expect(uniformValues(count, key, first)).toEqual(uniformValues(9, key).slice(first, first + count));
    }
  });

  it("is even between its bounds (Kolmogorov–Smirnov)", async () => {
    const tensor = uniform([20_000], -2, 1, { seed: 3, path: "even" });
    const sorted = Float32Array.from(await tensor.data()).sort();
    const distance = sorted.reduce(
      (largest: number, value: number, index: number) =>
        Math.max(largest, Math.abs((value + 2) / 3 - index / sorted.length)),
      0,
    );
    expect(distance).toBeLessThan(1.63 / Math.sqrt(sorted.length)); // the 1 % critical value
    expect(sorted[0]).toBeGreaterThanOrEqual(-2);
    expect(sorted.at(-1)).toBeLessThan(1);
    tensor.dispose();
  });
});

describe("normal", () => {
  it("has the requested mean, deviation and tails", async () => {
    const tensor = normal([40_001], 1, 0.5, { seed: 3, path: "bell" });
    const values = Float32Array.from(await tensor.data());
    const mean = values.reduce((sum: number, value: number) => sum + value, 0) / values.length;
    const variance = values.reduce((sum: number, value: number) => sum + (value - mean) ** 2, 0) / values.length;
    const beyond = values.filter((value: number) => Math.abs(value - 1) > 1).length / values.length;
    expectClose([mean, Math.sqrt(variance)], [1, 0.5], 0.01); // four standard errors of the mean
    expectClose([beyond], [0.0455], 0.005); // two standard deviations
    tensor.dispose();
  });
});
