// Invariant 2: the values of a new A and B, before training.

import { HandMadeModel } from "@lowrank/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anySeed, examples, newAdapter } from "./adapters.ts";
import { PictureModel } from "./picture-model.ts";
import { onCpu } from "./subjects.ts";

onCpu();

describe("2. one matrix starts at exactly 0 and the other with its distribution", () => {
  it("A is even on ±1/√inFeatures (Kolmogorov–Smirnov), B is 0", () =>
    withAnySeed((seed) => {
      const { a, b } = initOf({ init: true }, "q_proj", seed);
      expect(b.every((value) => value === 0)).toBe(true);
      expectEven(a, 1 / Math.sqrt(width));
    }));

  it("a gaussian A has the deviation 1/rank, B is 0", () =>
    withAnySeed((seed) => {
      const { a, b } = initOf({ init: "gaussian" }, "q_proj", seed);
      expect(b.every((value) => value === 0)).toBe(true);
      expectNormal(a, 1 / rank);
    }));

  it("an embedding has them the other way round: A is 0 and B has the deviation 1", () =>
    withAnySeed((seed) => {
      for (const init of [true, "gaussian"] as const) {
        const { a, b } = initOf({ init }, "embed_tokens", seed);
        expect(a.every((value) => value === 0)).toBe(true);
        expectNormal(b, 1);
      }
    }));

  it.each([
    ["first", 2 * 3 * 3],
    ["along", 6 * 1 * 3],
  ])("a convolution's A is even on ±1/√fanIn, where every place of the kernel counts: %s", (target, fanIn) =>
    withAnySeed((seed) => {
      const { a, b } = initOf({ init: true, rank: 128 }, target, seed);
      expect(b.every((value) => value === 0)).toBe(true);
      expectEven(a, 1 / Math.sqrt(fanIn));
    }),
  );

  it("with init false both halves are even: A on ±1/√inFeatures, B on ±1/√rank", () =>
    withAnySeed((seed) => {
      const { a, b } = initOf({ init: false }, "q_proj", seed);
      expectEven(a, 1 / Math.sqrt(width));
      expectEven(b, 1 / Math.sqrt(rank));
    }));
});

const width = 128;
const rank = 32;

function withAnySeed(check: (seed: number) => void): void {
  fc.assert(fc.property(anySeed, check), { ...examples, numRuns: 8 });
}

/** A and B of a new adapter at one layer of a wider model, or of one with convolutions. */
function initOf(config: { readonly init: boolean | "gaussian"; readonly rank?: number }, target: string, seed: number) {
  const isConvolution = target === "first" || target === "along";
  const model = isConvolution ? new PictureModel() : new HandMadeModel({ width, vocabulary: 50 });
  const handle = newAdapter({ model }, { rank, ...config, targetModules: [target] }, { seed });
  const { a, b } = handle.sites[0]!.lora;
  const values = { a: Float32Array.from(a.dataSync()), b: Float32Array.from(b.dataSync()) };
  handle.dispose();
  model.dispose();
  return values;
}

/** Throws unless values look drawn evenly from ±bound: their range, their variance, their whole distribution. */
function expectEven(values: Float32Array, bound: number): void {
  expect(values.every((value) => Math.abs(value) <= bound)).toBe(true);
  // The variance of n even draws scatters by 0.9/√n of itself.
  expect(Math.abs(mean(values.map((value) => value ** 2)) * 3 - bound ** 2)).toBeLessThan(
    (5 * 0.9 * bound ** 2) / Math.sqrt(values.length),
  );
  expect(distanceFrom(values, (value) => (value / bound + 1) / 2)).toBeLessThan(critical(values));
}

/** Throws unless values look drawn from a normal distribution around 0. */
function expectNormal(values: Float32Array, deviation: number): void {
  const size = Math.sqrt(values.length);
  expect(Math.abs(mean(values))).toBeLessThan((5 * deviation) / size);
  expect(Math.abs(mean(values.map((value) => value ** 2)) / deviation ** 2 - 1)).toBeLessThan((5 * Math.SQRT2) / size);
  expect(distanceFrom(values, (value) => normalShare(value / deviation))).toBeLessThan(critical(values));
}

/** Kolmogorov–Smirnov's largest gap; `share` tells which share of values ought to be smaller than one. */
function distanceFrom(values: Float32Array, share: (value: number) => number): number {
  const shares = [...values].sort((one, other) => one - other).map(share);
  return Math.max(...shares.map((own, index) => Math.abs(own - (index + 0.5) / shares.length)));
}

/** Exceeded once in 1500 samples of the right kind. */
function critical({ length }: Float32Array): number {
  return 2 / Math.sqrt(length);
}

/** The share of a standard normal distribution below a value; to 1e-7 (Abramowitz and Stegun, 7.1.26). */
function normalShare(value: number): number {
  const x = Math.abs(value) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const polynomial = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const error = 1 - polynomial * Math.exp(-x * x);
  return value < 0 ? (1 - error) / 2 : (1 + error) / 2;
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
