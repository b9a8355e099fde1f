import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import loadWabt from "wabt";
import { stepGenerators } from "./draw-by-loops.ts";
import { factorsByLoops } from "./dropout-mask.ts";
import { maskKernel } from "./mask-kernel.ts";
import { maskKernelBase64 } from "./mask-module.ts";
import { planMask } from "./plan-mask.ts";

function kernelOrThrow() {
  const kernel = maskKernel();
  if (kernel === undefined) throw new Error("There is no WebAssembly here.");
  return kernel;
}

describe("the kernel of masks", () => {
  it("equals its compiled source", async () => {
    const source = await readFile(new URL("mask-kernel.wat", import.meta.url), "utf8");
    const module = (await loadWabt()).parseWat("mask-kernel.wat", source, { simd: true });
    expect(Buffer.from(module.toBinary({}).buffer).toString("base64")).toBe(maskKernelBase64);
  });

  it("has the same factors as the loops, for any range of a mask", () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(
        fc.tuple(word, word),
        fc.constantFrom(0.1, 0.5, 0.003, 0.999),
        fc.integer({ min: 0, max: 3e9 }),
        fc.integer({ min: 1, max: 9000 }),
        (words, rate, first, count) => {
          const [plan, range] = [planMask(rate), { first, count }];
          expect(kernelOrThrow().factors(words, plan, range)).toEqual(factorsByLoops(words, plan, range));
        },
      ),
      { numRuns: 30 },
    );
  });

  it("repeats them after it drew others or multiplied by them", () => {
    const [kernel, range, words] = [kernelOrThrow(), { first: 5000, count: 9001 }, [5, 6] as const];
    const plan = planMask(0.1);
    const factors = () => kernel.factors(words, plan, range).slice();
    const expected = factors();
    expect(factors()).toEqual(expected);
    kernel.drop(new Float32Array(9001), new Float32Array(9001), { words: [7, 8], plan });
    expect(factors()).toEqual(expected);
    for (const [other, otherPlan, first] of [
      [[6, 5], plan, 5000],
      [words, planMask(0.2), 5000],
      [words, plan, 50_000],
    ] as const) {
      expect(kernel.factors(other, otherPlan, { first, count: 9001 }).slice()).not.toEqual(expected);
      expect(factors()).toEqual(expected);
    }
  });

  it.each([0.1, 0.003])(
    "multiplies numbers by the factors of a mask with rate %d, more than a segment of them",
    (rate) => {
      const [plan, words] = [planMask(rate), [5, 6] as const];
      const source = Float32Array.from({ length: 9001 }, (_, index) => index - 7);
      const target = new Float32Array(9001);
      kernelOrThrow().drop(target, source, { words, plan });
      const factors = factorsByLoops(words, plan, { first: 0, count: 9001 });
      expect(target).toEqual(source.map((value, index) => value * (factors[index] ?? 0)));
    },
  );
});

describe("the generators", () => {
  it("equal those of xoshiro128++'s reference code from the state 1, 2, 3, 4", () => {
    const state = Uint32Array.from({ length: 32 }, (_, position) => 1 + ((position >> 2) & 3));
    const drawn = new Uint32Array(8);
    const numbers = Array.from({ length: 5 }, () => {
      stepGenerators(state, drawn);
      return new Set(drawn);
    });
    // From the tests of rand_xoshiro, made with the C code at prng.di.unimi.it.
    expect(numbers).toEqual([641, 1573767, 3222811527, 3517856514, 836907274].map((value) => new Set([value])));
  });
});

describe("planMask", () => {
  it.each([
    [0.1, { bits: 8, threshold: 26 }],
    [0.5, { bits: 8, threshold: 128 }],
    [0.01, { bits: 16, threshold: 655 }],
    [0.995, { bits: 16, threshold: 65_208 }],
  ])("draws the rate %d with %j", (rate, expected) => {
    expect(planMask(rate)).toMatchObject(expected);
  });

  it("never drops nothing or everything, and keeps the expectation", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1 - 2 ** -53, noNaN: true }), (rate) => {
        const { bits, threshold, factor } = planMask(rate);
        const dropped = threshold / 2 ** bits;
        expect(dropped).toBeGreaterThan(0);
        expect(dropped).toBeLessThan(1);
        expect(Math.abs(dropped - rate)).toBeLessThanOrEqual(Math.max(2 ** -16, 0.02 * Math.min(rate, 1 - rate)));
        expect(Math.abs((1 - dropped) * factor - 1)).toBeLessThan(2 ** -23);
      }),
    );
  });
});
