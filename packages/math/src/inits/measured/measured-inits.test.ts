import "@tensorflow/tfjs-backend-cpu";
import { describe, expect, it } from "vitest";

import {
  createMatrix,
  frobeniusNorm,
  type Matrix,
  matrixOfTensor,
  multiply,
  sliceColumns,
  transpose,
} from "../../linear-algebra/matrix.ts";
import { normalMatrix } from "../../linear-algebra/randomized-svd.ts";
import { solveSymmetric } from "../../linear-algebra/solve-symmetric.ts";
import { svd } from "../../linear-algebra/svd.ts";
import type { InitRequest, InputStatistics } from "../initialization.ts";
import { initializeMatrices } from "../initializations.ts";
import { explainedVariance } from "./eva.ts";

const noise = (rows: number, columns: number, path: string) => normalMatrix(rows, columns, { seed: 6, path });
const weight = noise(8, 10, "weight"); // [inFeatures, outFeatures]

/** Inputs that lie mostly in two directions. */
const inputs = multiply(
  multiply(noise(300, 8, "rows"), diagonal([9, 5, 0.3, 0.2, 0.2, 0.1, 0.1, 0.1])),
  noise(8, 8, "mix"),
);
const statistics: InputStatistics = {
  rows: 300,
  sums: Float64Array.from({ length: 8 }, (_, column) =>
    sliceColumns(inputs, column, column + 1).values.reduce((a, b) => a + b),
  ),
  products: multiply(transpose(inputs), inputs),
};
const moments: Matrix = scaled(statistics.products, 1 / Math.max(...inputs.values) ** 2);

function diagonal(values: readonly number[]): Matrix {
  const matrix = createMatrix(values.length, values.length);
  values.forEach((value, index) => {
    matrix.values[index * (values.length + 1)] = value;
  });
  return matrix;
}

function scaled(matrix: Matrix, factor: number): Matrix {
  return { ...matrix, values: matrix.values.map((value) => value * factor) };
}

function initialized(options: Partial<InitRequest>): { readonly a: Matrix; readonly b: Matrix } {
  const lora = initializeMatrices({
    init: "eva",
    inFeatures: 8,
    outFeatures: 10,
    rank: 2,
    kind: "linear",
    scaling: 2,
    key: { seed: 7, path: "fc" },
    name: `measured ${String(options.init)}`,
    weight: () => weight,
    ...options,
  });
  const factors = { a: matrixOfTensor(lora.a), b: matrixOfTensor(lora.b) };
  lora.dispose();
  return factors;
}

function minus(one: Matrix, other: Matrix, factor = 1): Matrix {
  return { ...one, values: one.values.map((value, index) => value - factor * other.values[index]!) };
}

describe("eva", () => {
  it("initializes A with the orthonormal main directions of the inputs, and B with zeros", () => {
    const { a, b } = initialized({ init: "eva", measured: { inputs: statistics } });
    const held = frobeniusNorm(multiply(inputs, a)) ** 2 / frobeniusNorm(inputs) ** 2;
    expect(held).toBeGreaterThan(0.99);
    expect(frobeniusNorm(minus(multiply(transpose(a), a), diagonal([1, 1])))).toBeLessThan(1e-6);
    expect(frobeniusNorm(b)).toBe(0);
  });

  it("explains all variance with all directions", () => {
    const shares = explainedVariance(statistics, 8);
    expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 10);
    expect(shares[0]! + shares[1]!).toBeGreaterThan(0.99);
  });

  it("ignores the inputs' mean", () => {
    const shifted = { ...inputs, values: inputs.values.map((value, index) => value + (index % 8 === 3 ? 100 : 0)) };
    const moved: InputStatistics = {
      ...statistics,
      sums: Float64Array.from(statistics.sums, (sum, column) => sum + (column === 3 ? 30_000 : 0)),
      products: multiply(transpose(shifted), shifted),
    };
    expect(explainedVariance(moved, 1)[0]).toBeCloseTo(explainedVariance(statistics, 1)[0]!, 6);
  });

  it("names the missing measurement", () => {
    expect(() => initialized({ init: "eva" })).toThrow(expect.objectContaining({ code: "MISSING_MEASUREMENT" }));
    expect(() => initialized({ init: "corda", measured: { inputs: statistics } })).toThrow(/measureInputs/);
    expect(() => initialized({ init: "lora_ga", measured: { inputs: statistics } })).toThrow(/measureGradients/);
  });
});

describe("corda", () => {
  it("uses the most important directions for these inputs: less of them is lost than with pissa", () => {
    const lost = (init: string) => {
      const { a, b } = initialized({ init, measured: { moments } });
      return frobeniusNorm(multiply(inputs, minus(weight, multiply(a, b), 2)));
    };
    expect(lost("corda")).toBeLessThan(0.6 * lost("pissa"));
  });

  it("uses their least important directions, as kpm", () => {
    const taken = (corda: "ipm" | "kpm") => {
      const { a, b } = initialized({ init: "corda", measured: { moments }, settings: { corda } });
      return frobeniusNorm(multiply(inputs, multiply(a, b)));
    };
    expect(taken("kpm")).toBeLessThan(0.2 * taken("ipm"));
  });
});

describe("lora_ga", () => {
  const gradient = noise(8, 10, "gradient");
  const lora = (settings: InitRequest["settings"] = {}) =>
    initialized({ init: "lora_ga", measured: { gradient }, settings });
  const { u, s, v } = svd(gradient);

  it.each([
    ["ArB2r", [0, 1], [2, 3]],
    ["A2rBr", [2, 3], [0, 1]],
    ["ArBr", [1, 3], [0, 2]],
  ] as const)("%s gives A and B the directions of the gradient that PEFT gives them", (direction, forA, forB) => {
    const { a, b } = lora({ direction, scale: "unit" });
    forA.forEach((index, column) => {
      const overlap = multiply(transpose(sliceColumns(u, index, index + 1)), sliceColumns(a, column, column + 1))
        .values[0]!;
      expect(Math.abs(overlap)).toBeCloseTo(1, 6);
    });
    forB.forEach((index, row) => {
      const line = sliceColumns(transpose(b), row, row + 1);
      const overlap = multiply(transpose(sliceColumns(v, index, index + 1)), line).values[0]!;
      expect(Math.abs(overlap)).toBeCloseTo(s[index]!, 5);
    });
  });

  it("scales as PEFT does", () => {
    const size = (scale: "stable" | "weight_svd" | "gd_scale" | "unit") => {
      const { a, b } = lora({ scale });
      return [frobeniusNorm(a), frobeniusNorm(b)];
    };
    const [unitA = 0, unitB = 0] = size("unit");
    expect(size("stable")[1]! / unitB).toBeCloseTo(10 ** 0.25 / 4, 5);
    const { b: ofConv1d } = initialized({ init: "lora_ga", measured: { gradient }, fanInFanOut: true });
    expect(frobeniusNorm(ofConv1d) / unitB).toBeCloseTo(8 ** 0.25 / 4, 5);
    expect(size("gd_scale").map((value, index) => value / [unitA, unitB][index]!)).toEqual([
      expect.closeTo(0.5, 5),
      expect.closeTo(0.5, 5),
    ]);
    expect(size("weight_svd")[1]! / unitB).toBeCloseTo(svd(weight).s[0]! / s[2]!, 5);
  });

  it("needs twice as many directions as the rank", () => {
    expect(() => initialized({ init: "lora_ga", rank: 5, measured: { gradient } })).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING" }),
    );
  });
});

describe("solveSymmetric", () => {
  it("inverts a product with its matrix", () => {
    const half = noise(6, 9, "half");
    const matrix = multiply(half, transpose(half));
    const solution = noise(6, 3, "solution");
    expect(frobeniusNorm(minus(solveSymmetric(matrix, multiply(matrix, solution)), solution))).toBeLessThan(1e-9);
  });

  it("refuses a matrix that is not positive definite", () => {
    expect(() => solveSymmetric(createMatrix(2, 2, [1, 2, 2, 1]), createMatrix(2, 1))).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING" }),
    );
  });
});
