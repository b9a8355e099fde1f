// The requirements of masks: each entry drops independently of its neighbours – in the tensor, in the step before, in
// another place of the model, under another seed.

import { describe, expect, it } from "vitest";
import { uniformValues } from "../draw.ts";
import type { DrawKey } from "../hash-key.ts";
import { dropoutMask } from "./dropout-mask.ts";
import { planMask } from "./plan-mask.ts";

const count = 1 << 18;
const key = { seed: 7, step: 3, microStep: 0, path: "h.0.attn" };

/** 1 where an entry is dropped, less the probability of that, in units of its standard deviation. */
function deviations(rate: number, of: DrawKey = key): Float64Array {
  const { threshold, bits } = planMask(rate);
  const probability = threshold / 2 ** bits;
  const unit = Math.sqrt(probability * (1 - probability));
  const factors = dropoutMask({ rate, key: of }).factors({ first: 0, count });
  return new Float64Array(factors).map((factor) => ((factor === 0 ? 1 : 0) - probability) / unit);
}

/** The correlation of a mask with another `lag` entries further, in standard errors: normal if they are independent. */
function correlation(first: Float64Array, second: Float64Array, lag = 0): number {
  let sum = 0;
  for (let index = lag; index < count; index++) sum += (first[index - lag] ?? 0) * (second[index] ?? 0);
  return sum / Math.sqrt(count - lag);
}

/** Beyond five standard errors once in two million. */
const bound = 5;

describe.each([0.1, 0.5, 0.01, 0.9])("a mask of rate %d", (rate) => {
  const mask = deviations(rate);

  it("drops its share of the entries", () => {
    expect(Math.abs(mask.reduce((sum, value) => sum + value, 0)) / Math.sqrt(count)).toBeLessThan(bound);
  });

  it("drops its share at every byte position, generator and segment (chi-square)", () => {
    for (const [classes, size] of [
      [32, 1],
      [16, 2],
      [64, 4096],
      [128, 2048],
    ] as const) {
      const sums = new Float64Array(classes);
      for (let index = 0; index < count; index++) {
        const position = Math.floor(index / size) % classes;
        sums[position] = (sums[position] ?? 0) + (mask[index] ?? 0);
      }
      const chiSquare = sums.reduce((sum, value) => sum + value ** 2 / (count / classes), 0);
      expect(Math.abs(chiSquare - classes) / Math.sqrt(2 * classes)).toBeLessThan(bound);
    }
  });

  it("drops entries independently of earlier ones: adjacent, in the last step of the generators, in the last segment", () => {
    const lags = [...Array.from({ length: 40 }, (_, lag) => lag + 1), 64, 96, 128, 1024, 2048, 4096, 8192];
    for (const lag of lags) expect(Math.abs(correlation(mask, mask, lag))).toBeLessThan(bound);
  });

  it("has runs of every length as often as independent draws have them (chi-square)", () => {
    const { threshold, bits } = planMask(rate);
    const ending = threshold / 2 ** bits; // of a run of kept entries
    const lengths = new Float64Array(8);
    let [runs, length] = [0, 0];
    for (const value of mask) {
      if (value < 0) length++;
      else {
        const position = Math.min(length, 7);
        lengths[position] = (lengths[position] ?? 0) + 1;
        runs++;
        length = 0;
      }
    }
    const chiSquare = lengths.reduce((sum, seen, position) => {
      const expected = runs * (position < 7 ? ending : 1) * (1 - ending) ** position;
      return sum + (seen - expected) ** 2 / Math.max(expected, 1);
    }, 0);
    expect(chiSquare).toBeLessThan(40); // 7 degrees of freedom: once in a million
  });

  it("has nothing to do with the masks of neighbouring steps, micro-steps, paths and seeds", () => {
    const others = [
      ...Array.from({ length: 6 }, (_, index) => ({ ...key, step: key.step + index + 1 })),
      ...Array.from({ length: 4 }, (_, index) => ({ ...key, microStep: index + 1 })),
      ...Array.from({ length: 6 }, (_, index) => ({ ...key, path: `h.${index + 1}.attn` })),
      ...Array.from({ length: 4 }, (_, index) => ({ ...key, seed: key.seed + index + 1 })),
    ].map((other) => deviations(rate, other));
    for (const other of others) {
      for (const lag of [0, 1, 32, 4096]) expect(Math.abs(correlation(mask, other, lag))).toBeLessThan(bound);
    }
  });
});

describe("a mask of a run that began with old masks", () => {
  it("drops the entries that the run's values from [0, 1) select", () => {
    const old = dropoutMask({ rate: 0.3, key: { ...key, oldMasks: true } });
    const values = uniformValues(40, key).subarray(7);
    const factors = old.factors({ first: 7, count: 33 });
    expect([...factors]).toEqual([...values].map((value) => (value < 0.3 ? 0 : Math.fround(1 / 0.7))));
  });
});
