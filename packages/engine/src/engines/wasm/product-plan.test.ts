import { describe, expect, it } from "vitest";
import { isWorthSplitting, planProduct } from "./kernels/plan-product.ts";

describe("planProduct", () => {
  it("moves nothing when nothing is transposed", () => {
    const plan = planProduct({ rows: 9, inner: 5, columns: 7, transposeA: false, transposeB: false });
    expect(plan).toEqual({ swap: false, flipA: false, flipB: false, flipOutput: false });
  });

  it("transposes a few rows and their product rather than a large transposed weight", () => {
    const plan = planProduct({ rows: 4, inner: 768, columns: 2304, transposeA: false, transposeB: true });
    expect(plan).toEqual({ swap: true, flipA: true, flipB: false, flipOutput: true });
  });

  it("transposes the weight when there are more rows than it has", () => {
    const plan = planProduct({ rows: 4096, inner: 64, columns: 64, transposeA: false, transposeB: true });
    expect(plan).toEqual({ swap: false, flipA: false, flipB: true, flipOutput: false });
  });

  it("transposes a product of two transposed matrices if that is the smallest of the three", () => {
    const plan = planProduct({ rows: 8, inner: 500, columns: 8, transposeA: true, transposeB: true });
    expect(plan).toEqual({ swap: true, flipA: false, flipB: false, flipOutput: true });
  });
});

describe("isWorthSplitting", () => {
  it("is false for single rows, as in generation, and for tiny matrices", () => {
    expect(isWorthSplitting({ rows: 1, inner: 64, columns: 100, transposeA: false, transposeB: false })).toBe(false);
    expect(isWorthSplitting({ rows: 8, inner: 8, columns: 8, transposeA: false, transposeB: false })).toBe(false);
  });

  it("is true for the attention of a short sequence", () => {
    expect(isWorthSplitting({ rows: 64, inner: 32, columns: 64, transposeA: false, transposeB: true })).toBe(true);
  });
});
