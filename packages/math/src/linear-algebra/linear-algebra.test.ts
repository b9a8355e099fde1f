import { fc, it as property } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";

import { lowRankNorm, lowRankSvd } from "./low-rank-svd.ts";
import { createMatrix, frobeniusNorm, type Matrix, multiply, scaleColumns, sliceColumns, transpose } from "./matrix.ts";
import { normalMatrix, randomizedSvd } from "./randomized-svd.ts";
import { rankForEnergy } from "./rank-for-energy.ts";
import { type Svd, svd } from "./svd.ts";
import { thinQr } from "./thin-qr.ts";
import { truncatedSvd } from "./truncated-svd.ts";

/** Matrices of 1 to 9 rows and columns, many of them of low rank, some with columns of zeros or equal rows. */
const matrices: fc.Arbitrary<Matrix> = fc
  .record({
    rows: fc.integer({ min: 1, max: 9 }),
    columns: fc.integer({ min: 1, max: 9 }),
    entries: fc.array(
      fc.oneof(fc.constant(0), fc.integer({ min: -3, max: 3 }), fc.double({ min: -9, max: 9, noNaN: true })),
      {
        minLength: 81,
        maxLength: 81,
      },
    ),
  })
  .map(({ rows, columns, entries }) => createMatrix(rows, columns, entries.slice(0, rows * columns)));

const noise = (rows: number, columns: number, path = "noise") => normalMatrix(rows, columns, { seed: 3, path });

function distance(one: Matrix, other: Matrix): number {
  expect([one.rows, one.columns]).toEqual([other.rows, other.columns]);
  return frobeniusNorm({ ...one, values: one.values.map((value, index) => value - other.values[index]!) });
}

function unevenness(matrix: Matrix): number {
  const identity = createMatrix(matrix.columns, matrix.columns);
  for (let index = 0; index < matrix.columns; index++) identity.values[index * (matrix.columns + 1)] = 1;
  return distance(multiply(transpose(matrix), matrix), identity);
}

const product = ({ u, s, v }: Svd) => multiply(scaleColumns(u, s), transpose(v));

/** The first of the expected values, as many as were found. */
function expectValues(found: Float64Array, expected: ArrayLike<number>, digits: number): void {
  expect(found.length).toBeLessThanOrEqual(expected.length);
  for (const [index, value] of found.entries()) expect(value).toBeCloseTo(expected[index]!, digits);
}

/** A matrix with given singular values. */
function withSingularValues(rows: number, columns: number, values: readonly number[]): Matrix {
  const left = thinQr(noise(rows, values.length, "left")).q;
  const right = thinQr(noise(columns, values.length, "right")).q;
  return product({ u: left, s: Float64Array.from(values), v: right });
}

describe("thinQr", () => {
  property.prop([matrices])("gives an orthonormal and a triangular factor whose product is the matrix", (matrix) => {
    const { q, r } = thinQr(matrix);
    expect(distance(multiply(q, r), matrix)).toBeLessThan(1e-12);
    expect(unevenness(q)).toBeLessThan(1e-12);
    for (let row = 0; row < r.rows; row++) {
      for (let column = 0; column < row; column++) expect(r.values[row * r.columns + column]).toBe(0);
    }
  });

  it("has LAPACK's signs: a positive column has a negative diagonal", () => {
    const { q, r } = thinQr(createMatrix(2, 1, [3, 4]));
    expect(r.values[0]).toBeCloseTo(-5, 12);
    expect(q.values[0]).toBeCloseTo(-0.6, 12);
  });

  it.each([0, -0])("has LAPACK's signs if a column begins with %d, which counts as positive", (first) => {
    const { q, r } = thinQr(createMatrix(2, 2, [first, 2, 3, 4]));
    // torch.linalg.qr of the same
    const expected = [0, -1, -1, 0, -3, -4, 0, -2];
    for (const [index, value] of [...q.values, ...r.values].entries()) expect(value).toBeCloseTo(expected[index]!, 12);
  });
});

describe("a matrix with NaN or infinity", () => {
  it.each([Number.NaN, Number.NEGATIVE_INFINITY])("is refused at once: %d", (bad) => {
    const matrix = noise(150, 140);
    matrix.values[77] = bad;
    const key = { seed: 1, path: "test" };
    for (const decompose of [
      () => thinQr(matrix),
      () => svd(matrix),
      () => svd(transpose(matrix)),
      () => truncatedSvd(matrix, 2),
      () => randomizedSvd(matrix, { rank: 2, powerIterations: 1, key }),
      () => lowRankSvd(matrix, noise(140, 3)),
    ])
      expect(decompose).toThrow(/finite numbers/);
  });
});

describe("svd", () => {
  property.prop([matrices])("gives orthonormal vectors, falling values, and the matrix as their product", (matrix) => {
    const found = svd(matrix);
    expect(distance(product(found), matrix)).toBeLessThan(1e-11);
    expect(unevenness(found.u)).toBeLessThan(1e-10);
    expect(unevenness(found.v)).toBeLessThan(1e-10);
    expect([...found.s]).toEqual([...found.s].sort((one, other) => other - one));
  });

  it("finds the golden ratio in [[1, 1], [1, 0]]", () => {
    const ratio = (1 + Math.sqrt(5)) / 2;
    const { s } = svd(createMatrix(2, 2, [1, 1, 1, 0]));
    expect(s[0]).toBeCloseTo(ratio, 14);
    expect(s[1]).toBeCloseTo(1 / ratio, 14);
  });

  it("finds small singular values precisely next to large ones", () => {
    const values = [1e6, 1, 1e-6];
    const { s } = svd(withSingularValues(7, 5, values));
    expectValues(
      s.slice(0, 3).map((value, index) => value / values[index]!),
      [1, 1, 1],
      3,
    );
  });

  it("completes the vectors of a matrix of zeros to orthonormal ones", () => {
    const { u, s, v } = svd(createMatrix(4, 3));
    expect([...s]).toEqual([0, 0, 0]);
    expect(unevenness(u) + unevenness(v)).toBeLessThan(1e-12);
  });

  it("is the same every time", () => {
    expect(svd(noise(12, 20))).toEqual(svd(noise(12, 20)));
  });
});

describe("lowRankSvd", () => {
  property.prop([fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })])(
    "decomposes a product as if it had been formed",
    (rank, rows, columns) => {
      const [left, right] = [noise(rows, rank, "b"), noise(rank, columns, "a")];
      const found = lowRankSvd(left, right);
      expect(distance(product(found), multiply(left, right))).toBeLessThan(1e-10);
      expect(found.s.length).toBe(Math.min(rank, rows, columns));
      const whole = svd(multiply(left, right)).s;
      expectValues(found.s, whole, 10);
    },
  );
});

describe("lowRankNorm", () => {
  property.prop([fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })])(
    "is the length of the product as if it had been formed",
    (rank, rows, columns) => {
      const [left, right] = [noise(rows, rank, "b"), noise(rank, columns, "a")];
      expect(lowRankNorm(left, right)).toBeCloseTo(frobeniusNorm(multiply(left, right)), 10);
    },
  );

  it("is zero up to rounding if one part of the product cancels the other", () => {
    const [left, right] = [noise(40, 3, "b"), noise(3, 30, "a")];
    const both = { ...left, columns: 6, values: new Float64Array(240) };
    for (let row = 0; row < 40; row++)
      for (let column = 0; column < 3; column++) {
        both.values[row * 6 + column] = left.values[row * 3 + column]!;
        both.values[row * 6 + 3 + column] = -left.values[row * 3 + column]!;
      }
    const stacked = createMatrix(6, 30, [...right.values, ...right.values]);
    expect(lowRankNorm(both, stacked) / lowRankNorm(left, right)).toBeLessThan(1e-14);
  });
});

describe("rankForEnergy", () => {
  it("is the least number of values with enough of the squares", () => {
    expect([0.5, 0.63, 0.65, 0.99, 1].map((energy) => rankForEnergy([4, 3, 0.1], energy))).toEqual([1, 1, 2, 2, 3]);
  });

  it("needs no values that are zero up to rounding, and one for a matrix of zeros", () => {
    expect(rankForEnergy([4, 3, 1e-14], 1)).toBe(2);
    expect(rankForEnergy([0, 0], 0.5)).toBe(1);
  });

  it("returns all if they contain too little of the energy", () => {
    expect(rankForEnergy([4, 3], 0.9, 100)).toBe(2);
  });

  it.each([0, 1.1, Number.NaN])("refuses a share of %d", (energy) => {
    expect(() => rankForEnergy([1], energy)).toThrow(expect.objectContaining({ code: "INVALID_SETTING" }));
  });
});

describe("truncatedSvd", () => {
  it("finds the first values of a large matrix as they were put in", () => {
    const values = Array.from({ length: 150 }, (_, index) => 10 * 0.97 ** index);
    const matrix = withSingularValues(200, 160, values);
    const { u, s, v } = truncatedSvd(matrix, 5);
    expectValues(s, values, 8);
    expect(unevenness(u) + unevenness(v)).toBeLessThan(1e-9);
    expect(distance(multiply(matrix, v), scaleColumns(u, s))).toBeLessThan(1e-7);
  });

  it("finds a value that occurs several times", () => {
    const { s } = truncatedSvd(withSingularValues(180, 170, [4, 4, 4, 3, 2, 2, 1]), 6);
    expectValues(s, [4, 4, 4, 3, 2, 2], 9);
  });

  it("agrees with the exact decomposition of a random matrix", () => {
    const matrix = noise(140, 150);
    const exact = svd(matrix).s;
    expectValues(truncatedSvd(matrix, 3).s, exact, 7);
  });

  it.each([0, 1.5, 4])("refuses rank %d for a matrix [3, 5]", (rank) => {
    expect(() => truncatedSvd(noise(3, 5), rank)).toThrow(expect.objectContaining({ code: "INVALID_SETTING" }));
  });
});

describe("randomizedSvd", () => {
  const matrix = withSingularValues(
    60,
    50,
    Array.from({ length: 50 }, (_, index) => 0.8 ** index),
  );
  const key = { seed: 7, path: "test" };

  it("is more precise with every power iteration", () => {
    const errors = [0, 1, 4].map((powerIterations) => {
      const { u } = randomizedSvd(matrix, { rank: 6, powerIterations, key });
      const rest = multiply(u, multiply(transpose(u), matrix));
      return distance(rest, matrix);
    });
    expect(errors[1]).toBeLessThan(errors[0]!);
    expect(errors[2]).toBeLessThan(errors[1]!);
    const best = Math.sqrt(
      Array.from({ length: 44 }, (_, index) => 0.64 ** (index + 6)).reduce((sum, one) => sum + one),
    );
    expect(errors[2]! / best).toBeLessThan(1.01);
  });

  it("depends only on its key", () => {
    const options = { rank: 3, powerIterations: 1, key };
    expect(randomizedSvd(matrix, options)).toEqual(randomizedSvd(matrix, options));
    expect(randomizedSvd(matrix, { ...options, key: { seed: 8, path: "test" } })).not.toEqual(
      randomizedSvd(matrix, options),
    );
  });
});

describe("matrices", () => {
  it("refuse numbers that do not fill them and products that do not fit", () => {
    expect(() => createMatrix(2, 2, [1, 2, 3])).toThrow(expect.objectContaining({ code: "INVALID_SETTING" }));
    expect(() => multiply(noise(2, 3), noise(2, 3))).toThrow(expect.objectContaining({ code: "INVALID_SETTING" }));
  });

  it("give columns by number", () => {
    expect([...sliceColumns(createMatrix(2, 3, [1, 2, 3, 4, 5, 6]), 1, 3).values]).toEqual([2, 3, 5, 6]);
  });
});
