import { expect, it } from "vitest";
import { expOf, largestOf } from "./exponential.ts";

it("equals Math.exp to eleven digits, 0 for −∞, and NaN for NaN", () => {
  for (let x = -700; x <= 0; x += 0.0137) expect(Math.abs(expOf(x) / Math.exp(x) - 1), `${x}`).toBeLessThan(1e-11);
  expect([0, -709, Number.NEGATIVE_INFINITY, Number.NaN].map(expOf)).toEqual([1, 0, 0, Number.NaN]);
});

it("finds the largest of several values, and −∞ for none", () => {
  expect([[-3, -1, -2], []].map((values) => largestOf(Float32Array.from(values)))).toEqual([-1, -Infinity]);
});
