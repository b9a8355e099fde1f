import { expect, it } from "vitest";
import type { SweepRun } from "./plan-sweep.ts";
import { rankRuns } from "./sweep-page.ts";

const loop = {
  gradientAccumulationSteps: 1,
  learningRate: 1,
  schedule: "linear",
  weightDecay: 0,
  clipNorm: 1,
  seed: 0,
} as const;
const recipe: SweepRun["recipe"] = { data: [], out: "", ...loop };
const run = (index: number, ...losses: readonly number[]) => ({
  run: { index, values: {}, out: `run-${index}`, recipe },
  progress: { state: "complete", steps: 2, validation: losses.map((loss, step) => ({ step, loss })) } as const,
});

it("compares runs by the validation whose adapter each keeps: the best after a step, else the last", () => {
  const ranked = rankRuns([run(0, 3, 2, 2.5), run(1, 3, 1, 4), run(2, 1, 5, 4), run(3, 3, Number.NaN, 2.2)], "loss");
  expect(ranked.runs.map(({ run: { index }, value }) => [index, value])).toEqual([
    [1, 1],
    [0, 2],
    [3, 2.2],
    [2, 4],
  ]);
  expect(ranked.best?.run.index).toBe(1);
});

it("compares by any metric the validation that each run was judged best by", () => {
  const validation = [
    { step: 0, loss: 0.7, accuracy: 0.5 },
    { step: 1, loss: 0.4, accuracy: 0.8 },
    { step: 2, loss: 0.6, accuracy: 0.9 },
  ];
  const { progress, ...planned } = run(0);
  const judged = { ...planned, progress: { ...progress, validation, bestBy: "accuracy" as const } };
  expect(rankRuns([judged], "accuracy").best?.value).toBe(0.9);
  expect(rankRuns([judged], "loss").best?.value).toBe(0.6);
});
