import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addSquares, clipFactor } from "./clipping.ts";

describe("clipping by global norm", () => {
  const normOf = (values: Float32Array) => Math.sqrt(addSquares(0, values, { start: 0, end: values.length }));

  it("scales by maxNorm / (norm + 1e-6), as torch does: (3, 0, 4) has norm 5", () => {
    expect(clipFactor(normOf(Float32Array.of(3, 0, 4)), 1)).toBeCloseTo(1 / 5.000001, 7);
  });

  it("does not change small gradients", () => {
    expect(clipFactor(0.5, 1)).toBe(1);
    expect(clipFactor(0, 1)).toBe(1);
  });

  it("limits gradients to the given norm, and scales longer ones to it", () =>
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, min: -1e3, max: 1e3 }), { minLength: 1, maxLength: 9 }),
        fc.double({ min: 1e-3, max: 10, noNaN: true }),
        (values, limit) => {
          const norm = normOf(Float32Array.from(values));
          const factor = clipFactor(norm, limit);
          const clipped = normOf(Float32Array.from(values).map((value) => value * factor));
          expect(clipped).toBeLessThanOrEqual(limit * (1 + 1e-6));
          if (norm < limit * 0.99) expect(factor).toBe(1);
          else expect(clipped).toBeCloseTo(Math.min(norm, limit), 3);
        },
      ),
      { seed: 20 },
    ));
});
