// Numbers of scikit-learn 1.9 and scipy 1.17.

import { expect, it } from "vitest";
import { ExampleError } from "../errors.ts";
import { classScores, labelScores } from "./class-scores.ts";
import { pearson, spearman } from "./correlation.ts";
import { wordErrorRate } from "./word-error-rate.ts";

it("correlates as scipy does, equal numbers sharing a rank", () => {
  const given = [2.5, 2.8, 2.23, 1.51, 2.05, 1.51, 2.56, 3.84, 2.01, 1.88, 2.99, 2.86];
  const right = [2.6, 2.2, 2.2, 2.1, 1.1, 1.2, 1.2, 2.9, 0.7, 1.7, 2.1, 3.0];
  expect(pearson(given, right)).toBeCloseTo(0.6166633127237607, 12);
  expect(spearman(given, right)).toBeCloseTo(0.6056375572767959, 12);
  expect(pearson([1, 1], [2, 3])).toBeNaN();
});

const given = [1, 0, 0, 1, 2, 1, 2, 2, 2, 1, 1, 1, 0, 1, 1];
const right = [1, 0, 0, 1, 2, 1, 1, 2, 0, 1, 2, 1, 0, 1, 1];

it("scores classes as scikit-learn does: three of them by the mean, two by the second", () => {
  const three = classScores(given, right, 3);
  expect(three.accuracy).toBeCloseTo(0.8, 12);
  expect(three.f1).toBeCloseTo(0.7678571428571429, 12);
  expect(three.matthews).toBeCloseTo(0.6764705882352942, 12);
  const odd = (classes: readonly number[]) => classes.map((each) => each % 2);
  const two = classScores(odd(given), odd(right), 2);
  expect(two.f1).toBeCloseTo(0.875, 12);
  expect(two.matthews).toBeCloseTo(0.7321428571428571, 12);
});

it("ignores an absent class in the mean, and is 0 if all rows have one class", () => {
  expect(classScores(given, right, 5).f1).toBeCloseTo(0.7678571428571429, 12);
  expect(classScores([0, 0], [0, 0], 2)).toEqual({ accuracy: 1, f1: 0, matthews: 0 });
});

it("scores sets of classes as scikit-learn does, with 0 for an absent class", () => {
  const sets = [[1], [0, 1, 2], [0], [2], [0, 2], [0, 2]];
  const scores = labelScores(sets, [[1], [2], [2], [2], [0, 1], [1]], 4);
  expect(scores.accuracy).toBeCloseTo(1 / 3, 12);
  expect(scores.f1Micro).toBeCloseTo(0.47058823529411764, 12);
  expect(scores.f1Macro).toBeCloseTo(0.34285714285714286, 12);
});

it("counts inserted, deleted and replaced words over all texts", () => {
  expect(wordErrorRate(["the cat sat"], ["the cat sat"])).toBe(0);
  expect(wordErrorRate(["a cat  sat there now", ""], ["the cat sat", "gone"])).toBe(4 / 4);
  expect(() => wordErrorRate([""], [" "])).toThrow(ExampleError);
  expect(() => wordErrorRate(["a"], [])).toThrow("Transcripts: 1, reference texts: 0");
});
