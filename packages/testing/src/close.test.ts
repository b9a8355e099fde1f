import { describe, expect, it } from "vitest";
import { expectClose, largestDifference } from "./close.ts";

describe("largestDifference", () => {
  it("finds the largest difference of two lists", () => {
    expect(largestDifference([1, 2, 3], [1, 2.5, 3.25])).toEqual({
      difference: 0.5,
      index: 1,
      actual: 2,
      expected: 2.5,
    });
  });

  it("counts NaN as infinitely far from a number, and as equal to NaN", () => {
    expect(largestDifference([Number.NaN], [0]).difference).toBe(Number.POSITIVE_INFINITY);
    expect(largestDifference([Number.NaN], [Number.NaN]).difference).toBe(0);
  });
});

describe("expectClose", () => {
  it("accepts a difference equal to the tolerance and refuses a larger one", () => {
    expect(() => expectClose([1], [1.5], 0.5)).not.toThrow();
    expect(() => expectClose([1], [1.5], 0.25, "logits")).toThrow(/logits: index 0 is 1, expected 1.5/);
  });

  it("refuses lists of different lengths", () => {
    expect(() => expectClose([1], [1, 2], 1)).toThrow(/Expected 2 numbers, got 1/);
  });
});
