import { describe, expect, it } from "vitest";

import { createMatrix, frobeniusNorm, type Matrix, multiply } from "../linear-algebra/matrix.ts";
import { normalMatrix } from "../linear-algebra/randomized-svd.ts";
import { loftq, roundToInt8, roundToNormalFloat4 } from "./loftq.ts";

const noise = (rows: number, columns: number, path: string) => normalMatrix(rows, columns, { seed: 4, path });
// Mostly of rank 2, as a weight should be for which LoftQ does any good.
const strong = multiply(noise(24, 2, "left"), noise(2, 16, "right"));
const weak = noise(24, 16, "weak");
const weight: Matrix = {
  ...strong,
  values: strong.values.map((value, index) => 2 * value + 0.2 * weak.values[index]!),
};

function distance(one: Matrix, other: Matrix): number {
  return frobeniusNorm({ ...one, values: one.values.map((value, index) => value - other.values[index]!) });
}

describe("rounding", () => {
  it("keeps zero, both ends of a block, and levels between", () => {
    const block = new Float64Array(64);
    block.set([2, -2, 0.2, 1.4]);
    const { values } = roundToNormalFloat4(createMatrix(1, 64, block));
    expect([...values.slice(0, 5)]).toEqual([2, -2, 0.07958029955625534 * 2, 0.7229568362236023 * 2, 0]);
  });

  it("to 8 bits equals bitsandbytes 0.50.2", () => {
    const { values } = roundToInt8(createMatrix(2, 3, [0.3, -1.2345, 0.7001, 3e-5, 2.5e-5, -1e-4]));
    const expected = [
      0.3013041317462921, -1.234375, 0.6998031735420227, 2.9926224669907242e-5, 2.5201032258337364e-5,
      -0.00010001659393310547,
    ];
    for (const [index, value] of values.entries()) expect(value / expected[index]!).toBeCloseTo(1, 6);
  });

  it("to 8 bits differs by at most half a step, plus the rounding of half precision", () => {
    const rounded = roundToInt8(weight);
    for (let row = 0; row < 24; row++) {
      const values = weight.values.subarray(row * 16, (row + 1) * 16);
      const largest = Math.max(...values.map(Math.abs));
      for (const [column, value] of values.entries())
        expect(Math.abs(rounded.values[row * 16 + column]! - value)).toBeLessThanOrEqual(
          largest * (0.5 / 127 + 2 ** -10),
        );
    }
  });
});

describe("loftq", () => {
  const error = (iterations: number, bits: 4 | 8 = 4) => {
    const { quantized, a, b } = loftq(weight, { rank: 4, iterations, bits });
    const product = multiply(b, a);
    return distance(
      { ...quantized, values: quantized.values.map((value, index) => value + product.values[index]!) },
      weight,
    );
  };

  it("is nearer to the weight than rounding alone, and even nearer with iterations", () => {
    expect(error(1)).toBeLessThan(distance(roundToNormalFloat4(weight), weight));
    expect(error(5)).toBeLessThan(error(1));
  });

  it("loses less with 8 bits", () => {
    expect(error(1, 8)).toBeLessThan(error(1) / 5);
  });

  it("refuses other bits and no iterations", () => {
    expect(() => loftq(weight, { rank: 2, bits: 2 as 4 })).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING" }),
    );
    expect(() => loftq(weight, { rank: 2, iterations: 0 })).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING" }),
    );
  });
});
