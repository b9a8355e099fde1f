import { describe, expect, it } from "vitest";
import { judgeRate, type WatchedRun, type WatchedStep } from "./judge-rate.ts";

/** The first verdict of a run, and after how many steps. */
function firstVerdict(steps: readonly WatchedStep[], run: Partial<WatchedRun> = {}) {
  for (const [index] of steps.entries()) {
    const verdict = judgeRate(steps.slice(0, index + 1), { warmupSteps: 0, ...run });
    if (verdict !== undefined) return { steps: index + 1, ...verdict };
  }
  return undefined;
}

/** Losses and gradients step by step. */
function together(losses: readonly number[], norms: readonly number[]): readonly WatchedStep[] {
  return losses.map((loss, index) => [loss, norms[index % norms.length] ?? Number.NaN]);
}

/** Losses in windows of ten steps, each with its mean and deviation, that look like batches. */
function windows(...each: readonly (readonly [mean: number, deviation: number])[]): readonly WatchedStep[] {
  const shape = [0.4, -1.3, 0.9, -0.2, 1.6, -0.8, 0.3, -1.5, 1.1, -0.5];
  return each.flatMap(([mean, deviation]) => shape.map((value): WatchedStep => [mean + value * deviation, 0.5]));
}

// SmolLM2 on 64 rows of E2E.
const hot = [2.11, 2.28, 3.17, 2.53, 8.34, 7.53, 4.59, 2.35, 2.94, 2.63, 3.18, 5.54, 4.88, 2.79, 3.14, 1.81, 3.9];
const hotNorms = [1.32, 1.73, 4.33, 2.19, 22.88, 21.11, 6.5, 5.34, 6.34, 5.11, 5.86, 27.05, 19.25, 6.16, 10.33, 5.94];
const healthy = [2.11, 2, 1.59, 2, 1.82, 1.42, 1.89, 1.2, 1.22, 1.42, 1.75, 1.59, 1.08, 0.97, 1.59, 0.79, 1.41, 0.99];
const norms = [1.32, 0.92, 1.41, 1.41, 1.7, 1.23, 1.36, 1.24, 0.88, 1.06, 1.15, 1.02, 0.84, 0.91, 1.05, 0.83, 1.1];

describe("judgeRate", () => {
  it("lowers a rate under which loss and gradients grow", () => {
    const reason = "the loss rose from 2.110 to 2.940 in 10 steps";
    expect(firstVerdict(together(hot, hotNorms))).toEqual({ steps: 10, factor: 0.25, reason });
  });

  it("lowers a rate under which the loss grows and the gradients vanish, as the tiny model's do", () => {
    const dead = [4.48, 5.48, 13.47, 14.07, 10.26, 8.56, 7.33, 7.96, 6.16, 5.83];
    const vanishing = [1.8, 37.2, 170.7, 1.5, 4.2, 0.2, 1, 0.4, 0.2, 0.1];
    expect(firstVerdict(together(dead, vanishing))).toMatchObject({ steps: 10, factor: 0.25 });
  });

  it("lowers a rate under which a number is not finite", () => {
    const steps = together([2, 2, Number.NaN], [1]);
    expect(firstVerdict(steps)).toEqual({ steps: 3, factor: 0.25, reason: "step 3 was not finite" });
  });

  it.each([
    ["the loss falls", together(healthy, norms)],
    ["only the loss grows: harder batches", together(hot, norms)],
    ["only the gradients grow: the model begins to learn", together(healthy, hotNorms)],
    [
      "the loss grows when the first steps are over",
      together([...healthy, ...healthy, ...hot], [...norms, ...hotNorms]),
    ],
  ])("leaves a rate alone where %s", (_, steps) => {
    expect(firstVerdict(steps)).toBeUndefined();
  });

  it("watches more steps if the warm-up is long", () => {
    const steps = together([...healthy, ...healthy, ...hot], [...norms, ...norms, ...hotNorms]);
    expect(firstVerdict(steps, { warmupSteps: 20 })).toMatchObject({ steps: 45, factor: 0.25 });
  });

  // Means and deviations as measured on SST-2 with 400 rows.
  it.each([
    ["lowers one that moved the outputs and learned nothing (8e-3)", [0.71, 0.11], 0.25],
    ["doubles one that hardly moved the outputs (3e-5)", [0.69, 0.014], 2],
  ] as const)("of a classifier that guesses after 100 steps, %s", (_, window, factor) => {
    const steps = windows(...Array.from({ length: 11 }, () => window));
    expect(firstVerdict(steps, { guess: Math.LN2 })).toMatchObject({ steps: 100, factor });
    expect(firstVerdict(steps, { guess: Math.LN2, warmupSteps: 6 })).toMatchObject({ steps: 106, factor });
    expect(firstVerdict(steps)).toBeUndefined();
  });

  it("does not change the rate of a classifier that learns late (5e-4)", () => {
    const first = windows([0.69, 0.01], [0.69, 0.02], [0.69, 0.03], [0.69, 0.03], [0.68, 0.02], [0.64, 0.03]);
    const rest = windows([0.6, 0.1], [0.53, 0.4], [0.53, 0.45], [0.65, 0.3]);
    expect(firstVerdict([...first, ...rest], { guess: Math.LN2 })).toBeUndefined();
  });
});
