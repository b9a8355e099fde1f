import { fc, it as property } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";

import { createMatrix, type Matrix, multiply, transpose } from "../linear-algebra/matrix.ts";
import { normalMatrix } from "../linear-algebra/randomized-svd.ts";
import { svd } from "../linear-algebra/svd.ts";
import { thinQr } from "../linear-algebra/thin-qr.ts";
import { amplificationFactor } from "./amplification-factor.ts";
import { subspaceSimilarities } from "./subspace-similarities.ts";
import { subspaceSimilarity } from "./subspace-similarity.ts";

const noise = (rows: number, columns: number, path: string) => normalMatrix(rows, columns, { seed: 5, path });
const counts = fc.integer({ min: 1, max: 4 });

describe("subspaceSimilarity", () => {
  property.prop([counts, counts])("lies between 0 and 1 and does not care which matrix comes first", (i, j) => {
    const [one, other] = [noise(4, 9, "one"), noise(6, 9, "other")];
    const similarity = subspaceSimilarity(one, other, { i, j });
    expect(similarity).toBeGreaterThanOrEqual(0);
    expect(similarity).toBeLessThanOrEqual(1 + 1e-12);
    expect(subspaceSimilarity(other, one, { i: j, j: i })).toBeCloseTo(similarity, 10);
  });

  property.prop([counts, counts])("is 1 for a matrix and itself, however many directions are taken", (i, j) => {
    expect(subspaceSimilarity(noise(4, 9, "one"), noise(4, 9, "one"), { i, j })).toBeCloseTo(1, 10);
  });

  it("does not change when the outputs are rotated", () => {
    const [one, other] = [noise(4, 9, "one"), noise(4, 9, "other")];
    const turned = multiply(thinQr(noise(4, 4, "turn")).q, one);
    const options = { i: 2, j: 3 };
    expect(subspaceSimilarity(turned, other, options)).toBeCloseTo(subspaceSimilarity(one, other, options), 10);
  });

  it("is cos² of the angle between two lines", () => {
    const line = (angle: number) => createMatrix(1, 2, [Math.cos(angle), Math.sin(angle)]);
    expect(subspaceSimilarity(line(0.2), line(1.1), { i: 1, j: 1 })).toBeCloseTo(Math.cos(0.9) ** 2, 12);
  });

  it("compares outputs of B if the left side is selected", () => {
    const b = noise(9, 4, "b");
    expect(subspaceSimilarity(b, noise(9, 3, "c"), { i: 2, j: 2, side: "left" })).toBeCloseTo(
      subspaceSimilarity(transpose(b), transpose(noise(9, 3, "c")), { i: 2, j: 2 }),
      10,
    );
  });

  it.each([0, 5, 1.5])("refuses %d directions of a matrix of rank 4", (i) => {
    expect(() => subspaceSimilarity(noise(4, 9, "one"), noise(4, 9, "other"), { i, j: 1 })).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING" }),
    );
  });

  it("refuses directions that a matrix does not have, instead of making some up", () => {
    const zero = createMatrix(4, 9);
    expect(() => subspaceSimilarity(zero, zero, { i: 1, j: 1 })).toThrow(/i = 1 but needs at most 0/);
    const line = multiply(noise(4, 1, "left"), noise(1, 9, "right"));
    expect(subspaceSimilarity(line, line, { i: 1, j: 1 })).toBeCloseTo(1, 10);
    expect(() => subspaceSimilarity(line, noise(4, 9, "other"), { i: 2, j: 1 })).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING" }),
    );
  });

  it("refuses matrices of different widths", () => {
    expect(() => subspaceSimilarity(noise(4, 9, "one"), noise(4, 8, "other"), { i: 1, j: 1 })).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING" }),
    );
  });
});

describe("amplificationFactor", () => {
  it("is the scale for an update that repeats the weight", () => {
    const [b, a] = [noise(7, 2, "b"), noise(2, 5, "a")];
    expect(amplificationFactor(multiply(b, a), { a, b, scale: -3 }).factor).toBeCloseTo(3, 10);
  });

  it("is infinite for an update in directions that the weight does not have", () => {
    const weight = createMatrix(2, 2, [1, 0, 0, 0]);
    const update = { a: createMatrix(1, 2, [0, 1]), b: createMatrix(2, 1, [0, 1]), scale: 1 };
    expect(amplificationFactor(weight, update)).toEqual({ factor: Infinity, updateNorm: 1, projectedNorm: 0 });
  });

  it("falls as the weight grows", () => {
    const update = { a: noise(2, 5, "a"), b: noise(7, 2, "b"), scale: 2 };
    const weight = noise(7, 5, "w");
    const doubled = { ...weight, values: weight.values.map((value) => 2 * value) };
    const { factor } = amplificationFactor(weight, update);
    expect(amplificationFactor(doubled, update).factor).toBeCloseTo(factor / 2, 10);
  });
});

describe("subspaceSimilarities", () => {
  property.prop([counts, counts])("is the similarity of the first i and the first j directions", (i, j) => {
    const [one, other] = [noise(4, 9, "one"), noise(5, 9, "other")];
    const directions = (matrix: Matrix) => svd(matrix).v;
    const all = subspaceSimilarities(directions(one), directions(other)); // [4, 5]
    expect(all.values[(i - 1) * 5 + j - 1]).toBeCloseTo(subspaceSimilarity(one, other, { i, j }), 10);
  });

  it("refuses directions of other spaces", () => {
    expect(() => subspaceSimilarities(noise(4, 2, "one"), noise(5, 2, "other"))).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING" }),
    );
  });
});
