import { createMatrix, type Matrix, multiply, svd, transpose } from "@lowrank/math";
import { normalMatrix, sliceColumns } from "@lowrank/math/internal";
import { describe, expect, it } from "vitest";
import { smallestDirections } from "./smallest-directions.ts";

const random = (rows: number, columns: number) => normalMatrix(rows, columns, { seed: 3, path: `${rows}×${columns}` });
const gramOf = (matrix: Matrix) => multiply(transpose(matrix), matrix);
const largest = ({ values }: Matrix) => values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
/** E·Eᵀ, which does not depend on signs. */
const projection = (directions: Matrix) => multiply(directions, transpose(directions));
const difference = (one: Matrix, other: Matrix) =>
  largest({ ...one, values: one.values.map((value, index) => value - other.values[index]!) });

describe("the smallest directions of a Gram matrix", () => {
  it.each([
    [1, 1, 1],
    [2, 2, 1],
    [9, 3, 2],
    [40, 24, 5],
    [60, 60, 8],
  ])("are the last singular vectors of the matrix: %i × %i, %i of them", (rows, columns, count) => {
    const matrix = random(rows, columns);
    const found = smallestDirections(gramOf(matrix), count);
    const wanted = sliceColumns(svd(matrix).v, columns - count, columns);
    expect(difference(projection(found), projection(wanted))).toBeLessThan(1e-9);
    expect(difference(multiply(transpose(found), found), identity(count))).toBeLessThan(1e-12);
    const first = createMatrix(columns, 1, sliceColumns(found, 0, 1).values);
    expect(difference(projection(first), projection(sliceColumns(svd(matrix).v, columns - 1, columns)))).toBeLessThan(
      1e-9,
    );
  });

  it("are those that a matrix lacks, if it lacks some", () => {
    const product = multiply(random(30, 4), random(4, 20));
    const found = smallestDirections(gramOf(product), 16);
    expect(largest(multiply(product, found))).toBeLessThan(1e-6);
  });

  it.each([
    ["zeros", createMatrix(5, 5)],
    ["a multiple of one", { ...identity(5), values: identity(5).values.map((value) => 3 * value) }],
    ["one direction alone", multiply(random(5, 1), random(1, 5))],
  ])("exist for %s, too", (_, matrix) => {
    const found = smallestDirections(gramOf(matrix), 3);
    expect(difference(multiply(transpose(found), found), identity(3))).toBeLessThan(1e-12);
  });

  it("are not computed for a matrix with NaN", () => {
    expect(() => smallestDirections(createMatrix(1, 1, [Number.NaN]), 1)).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING" }),
    );
  });
});

function identity(side: number): Matrix {
  const matrix = createMatrix(side, side);
  for (let index = 0; index < side; index++) matrix.values[index * side + index] = 1;
  return matrix;
}
