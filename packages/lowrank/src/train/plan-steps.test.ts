import { learningRateShare } from "@lowrank/trainer/internal";
import { describe, expect, it } from "vitest";
import { UsageError } from "../errors/usage-errors.ts";
import type { CompleteRecipe } from "../recipe/recipe.ts";
import { checkCombinations } from "../recipe/run/check-combinations.ts";
import { planSteps, shapeOf } from "./plan-steps.ts";

describe("planSteps", () => {
  it("is three epochs by default", () => {
    // 100 rows are 13 batches of 8, the last with 4.
    expect(planSteps({ rows: 100, batchSize: 8, gradientAccumulationSteps: 1 })).toEqual({
      stepsPerEpoch: 13,
      totalSteps: 39,
      warmupSteps: 2,
    });
  });

  it("counts a step for the batches left at the end of an epoch", () => {
    expect(planSteps({ rows: 100, batchSize: 8, gradientAccumulationSteps: 2, epochs: 2 })).toMatchObject({
      stepsPerEpoch: 7,
      totalSteps: 14,
    });
  });

  it("counts parts of epochs, a step begun as a whole one", () => {
    const totalOf = (epochs: number) =>
      planSteps({ rows: 100, batchSize: 8, gradientAccumulationSteps: 1, epochs }).totalSteps;
    expect([0.5, 1.5, 0.01].map(totalOf)).toEqual([7, 20, 1]);
  });

  it("counts batches by tokens, which rows do not fill", () => {
    expect(planSteps({ rows: 100, batchSize: 8, batches: 5, gradientAccumulationSteps: 2, epochs: 2 })).toMatchObject({
      stepsPerEpoch: 3,
      totalSteps: 6,
    });
  });

  it("counts no batch that is left out", () => {
    expect(
      planSteps({ rows: 100, batchSize: 8, gradientAccumulationSteps: 1, epochs: 2, dropLast: true }),
    ).toMatchObject({
      stepsPerEpoch: 12,
      totalSteps: 24,
    });
    expect(() => planSteps({ rows: 7, batchSize: 8, gradientAccumulationSteps: 1, dropLast: true })).toThrow(
      "dropLast: no full batch of 8; the data has only 7 rows",
    );
  });

  it("lets a run of one step learn", () => {
    expect(planSteps({ rows: 8, batchSize: 8, gradientAccumulationSteps: 1, steps: 1 }).warmupSteps).toBe(0);
  });

  it("never warms up for longer than the run", () => {
    expect(
      planSteps({ rows: 8, batchSize: 8, gradientAccumulationSteps: 1, steps: 5, warmupSteps: 50 }).warmupSteps,
    ).toBe(5);
  });
});

describe("shapeOf", () => {
  const plan = planSteps({ rows: 6, batchSize: 1, gradientAccumulationSteps: 1, epochs: 1 });
  const firstRate = (shape: ReturnType<typeof shapeOf> = {}) =>
    learningRateShare("linear", { step: 0, totalSteps: plan.totalSteps, warmupSteps: plan.warmupSteps, shape });

  it("lets the first step of a short run train", () => {
    expect(plan).toMatchObject({ totalSteps: 6, warmupSteps: 1 });
    expect(firstRate(shapeOf({ scheduleCycles: 2 }, plan, undefined))).toBe(0.5);
  });

  it("begins a requested warm-up at 0, like transformers", () => {
    expect(firstRate(shapeOf({ warmupSteps: 1 }, plan, undefined))).toBe(0);
    expect(firstRate(shapeOf({ warmupRatio: 0.03 }, plan, undefined))).toBe(0);
  });

  it("keeps the rates of a run that began at 0, or with other numbers", () => {
    expect(firstRate(shapeOf({}, plan, {}))).toBe(0);
    expect(firstRate(shapeOf({}, plan, { warmupStart: 0.25 }))).toBe(0.25);
  });
});

describe("checkCombinations", () => {
  const options: CompleteRecipe = {
    model: "m",
    data: ["d"],
    out: "o",
    batchSize: 8,
    gradientAccumulationSteps: 1,
    learningRate: 1e-3,
    schedule: "linear",
    weightDecay: 0,
    clipNorm: 1,
    seed: 0,
  };

  it("refuses to reshape an adapter that is continued", () => {
    expect(() => checkCombinations({ ...options, adapter: "a", rank: 4, useRslora: true })).toThrow(
      new UsageError("`adapter` continues an adapter, whose shape is fixed. Remove `rank`, `useRslora`."),
    );
  });
});
