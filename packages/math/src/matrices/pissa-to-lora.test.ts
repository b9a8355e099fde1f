import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";

import { createMatrix, multiply } from "../linear-algebra/matrix.ts";
import type { TorchMatrices } from "../update/file-layout.ts";
import { pissaToLora } from "./pissa-to-lora.ts";

/** Whole numbers, of which products and sums are exact. */
function loraOf([outFeatures, rank, inFeatures]: readonly number[], seed: number): TorchMatrices {
  const numbers = (size: number, step: number) =>
    Float32Array.from({ length: size }, (_, index) => (((index + seed) * step) % 11) - 5);
  const [rows = 0, middle = 0, columns = 0] = [outFeatures, rank, inFeatures];
  return {
    a: { shape: [middle, columns], values: numbers(middle * columns, 7) },
    b: { shape: [rows, middle], values: numbers(rows * middle, 5) },
  };
}

/** B·A, [outFeatures, inFeatures]. */
function product({ a, b }: TorchMatrices): Float64Array {
  const [rank = 0, inFeatures = 0] = a.shape;
  const [outFeatures = 0] = b.shape;
  return multiply(createMatrix(outFeatures, rank, b.values), createMatrix(rank, inFeatures, a.values)).values;
}

const size = fc.integer({ min: 1, max: 5 });

describe("pissaToLora", () => {
  test.prop([fc.tuple(size, size, size), fc.nat(20), fc.nat(20)])(
    "is what was learned: B·A − B₀·A₀",
    (sizes, one, other) => {
      const [trained, initial] = [loraOf(sizes, one), loraOf(sizes, other)];
      const plain = pissaToLora(trained, initial);
      const [learned, taken] = [product(trained), product(initial)];
      expect(product(plain)).toEqual(learned.map((value, index) => value - taken[index]!));
      expect([plain.a.shape[0], plain.b.shape[1]]).toEqual([2 * sizes[1], 2 * sizes[1]]);
    },
  );

  it("has A above A₀ and B next to −B₀, as PEFT stacks them", () => {
    const [trained, initial] = [loraOf([1, 1, 2], 0), loraOf([1, 1, 2], 3)];
    const { a, b } = pissaToLora(trained, initial);
    expect([...a.values]).toEqual([...trained.a.values, ...initial.a.values]);
    expect([...b.values]).toEqual([trained.b.values[0], -initial.b.values[0]!]);
  });

  it("makes no −0 from an initial zero", () => {
    const zero = {
      a: { shape: [1, 1], values: new Float32Array(1) },
      b: { shape: [1, 1], values: new Float32Array(1) },
    };
    expect(Object.is(pissaToLora(loraOf([1, 1, 1], 0), zero).b.values[1], 0)).toBe(true);
  });

  it("refuses initial values of another rank, and names both shapes", () => {
    const convert = () => pissaToLora(loraOf([3, 2, 4], 0), loraOf([3, 1, 4], 0));
    expect(convert).toThrow(expect.objectContaining({ code: "MATRIX_SHAPE_MISMATCH" }));
    expect(convert).toThrow(/\[1, 4\].*\[2, 4\]/s);
  });
});
