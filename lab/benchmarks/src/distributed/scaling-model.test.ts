import { expect, it } from "vitest";
import { predictStep, ringMs, treeMs } from "./scaling-model.ts";

const gigabit = { gigabits: 1, latencyMs: 0.05 };

it("sends a p-th of the array 2 (p − 1) times round a ring", () => {
  // A megabyte takes 8 ms at a gigabit a second.
  expect(ringMs(1e6, 2, gigabit)).toBeCloseTo(2 * (0.05 + 4), 10);
  expect(ringMs(1e6, 4, gigabit)).toBeCloseTo(6 * (0.05 + 2), 10);
});

it("sends the whole array up and down a tree", () => {
  expect(treeMs(1e6, 2, gigabit)).toBeCloseTo(2 * (0.05 + 8), 10);
  expect(treeMs(1e6, 5, gigabit)).toBeCloseTo(6 * (0.05 + 8), 10);
});

it("takes a ring for much, and a tree for little among many", () => {
  expect(ringMs(1e7, 64, gigabit)).toBeLessThan(treeMs(1e7, 64, gigabit));
  expect(treeMs(4, 64, gigabit)).toBeLessThan(ringMs(4, 64, gigabit));
});

const measured = { aloneMs: 1000, togetherMs: 1010, bytes: 1e7 };

it("adds the faster one to the step, and gives the remaining share of a process's own speed", () => {
  const { milliseconds, efficiency } = predictStep(measured, 2, gigabit);
  expect(milliseconds).toBeCloseTo(1010 + 80.1, 10);
  expect(efficiency).toBeCloseTo(1000 / 1090.1, 10);
});

it("never becomes worse by a faster network, nor better by more machines", () => {
  for (const ranks of [2, 4, 8, 16, 32, 64, 128, 256]) {
    let last = 0;
    for (const gigabits of [1, 10, 25, 100]) {
      const { efficiency } = predictStep(measured, ranks, { gigabits, latencyMs: 0.05 });
      expect(efficiency).toBeGreaterThan(last);
      expect(efficiency).toBeLessThan(1);
      expect(predictStep(measured, ranks * 2, { gigabits, latencyMs: 0.05 }).efficiency).toBeLessThan(efficiency);
      last = efficiency;
    }
  }
});
