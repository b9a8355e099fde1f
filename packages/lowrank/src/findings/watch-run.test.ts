import { expect, it } from "vitest";
import { type WatchedRun, watchRun } from "./watch-run.ts";

// Only the learning plan and the rows are read without samples.
const run = {
  opened: { model: { task: "causal-lm" } },
  rows: { learning: { kind: "own" }, train: [], validation: [], template: "" },
  options: {},
  tokenizer: () => expect.unreachable(),
} as unknown as WatchedRun;

it("judges a restarted run by its steps since the restart", () => {
  const watch = watchRun(run);
  const step = (number: number, loss: number, learningRate: number) =>
    watch.add({
      type: "step",
      step: number,
      steps: 60,
      epoch: 0,
      loss,
      learningRate,
      gradientNorm: 1,
      tokens: 1,
      tokensPerSecond: 1,
      seconds: number,
      secondsLeft: 0,
    });
  for (let at = 1; at <= 30; at += 1) step(at, 2 + at, 8);
  watch.add({ type: "evaluation", step: 30, metrics: { loss: 1 }, isBest: true, best: { step: 30, value: 1 } });
  const rates = { learningRateBefore: 8, learningRate: 2 };
  watch.add({ type: "restart", step: 30, steps: 60, reason: "the loss rose", ...rates });
  for (let at = 1; at <= 60; at += 1) step(at, 2, 2);
  expect(watch.findings()).toMatchObject([
    { code: "LOSS_FLAT", message: expect.stringContaining("`learningRate` to 8") },
  ]);
});
