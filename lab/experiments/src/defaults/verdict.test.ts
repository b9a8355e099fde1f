import { expect, it } from "vitest";
import { scoreOf, verdictOf } from "./verdict.ts";

const score = (mean: number, standardError = 0) => ({ mean, standardError });

it("gives mean and standard error of the mean", () => {
  const { mean, standardError } = scoreOf([1, 2, 3]);
  expect(mean).toBe(2);
  expect(standardError).toBeCloseTo(1 / Math.sqrt(3), 12);
  expect(scoreOf([4])).toEqual(score(4));
});

it("judges a default by the best's standard error, a loss also by 2 %", () => {
  expect(verdictOf("accuracy", score(0.9), score(0.8))).toBe("as good");
  expect(verdictOf("accuracy", score(0.79), score(0.8, 0.02))).toBe("within one standard error");
  expect(verdictOf("accuracy", score(0.76), score(0.8, 0.02))).toBe("worse by 5.0 %");
  expect(verdictOf("loss", score(2.03), score(2))).toBe("within 2 % of the loss");
  expect(verdictOf("loss", score(2.2), score(2))).toBe("worse by 10.0 %");
});
