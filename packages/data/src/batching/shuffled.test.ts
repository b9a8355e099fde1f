import { describe, expect, it } from "vitest";
import { mulberry32, shuffled } from "./shuffled.ts";

// The numbers were computed by a Python implementation of the same two algorithms.
describe("the portable generator", () => {
  it("yields Python's numbers", () => {
    const random = mulberry32(42);
    expect([random(), random(), random()]).toEqual([0.6011037519201636, 0.44829055899754167, 0.8524657934904099]);
    expect(mulberry32(2 ** 32 - 1)()).toBe(0.8964226141106337);
  });

  it("shuffles as Python does", () => {
    expect(shuffled(10, 42)).toEqual([0, 7, 3, 5, 2, 1, 8, 9, 4, 6]);
    expect(shuffled(7, 3 * 1000 + 2)).toEqual([2, 0, 6, 1, 4, 5, 3]);
  });

  it("reduces seeds beyond 32 bits modulo 2³², as Python's mask does", () => {
    expect(shuffled(5, 4_294_967_295 * 1000 + 1)).toEqual([4, 3, 0, 2, 1]);
  });
});
