import { describe, expect, it } from "vitest";
import { beyond, plannedDefaults, sweepAround } from "./settings.ts";

describe("planned defaults", () => {
  it.each([
    ["new head", 200, { learningRate: 5e-4, epochs: 9, batchSize: 8, validationShare: 0.1 }],
    ["new head", 6920, { learningRate: 5e-4, epochs: 3, batchSize: 8, validationShare: 200 / 6920 }],
    ["language model", 12, { learningRate: 2e-3, epochs: 20, batchSize: 4, validationShare: 0 }],
    ["preferences", 60, { learningRate: 2e-4, epochs: 5, batchSize: 4, validationShare: 0.1 }],
  ] as const)("of a %s and %i rows train long enough", (goal, rows, expected) => {
    expect(plannedDefaults(goal, rows)).toEqual({ targetModules: "all-linear", ...expected });
  });
});

describe("the sweep", () => {
  const defaults = plannedDefaults("new head", 200);
  const sweep = sweepAround(defaults);

  it("begins with the defaults and never trains longer", () => {
    expect(sweep).toHaveLength(8);
    expect(sweep[0]).toEqual(defaults);
    expect(sweep.every(({ epochs }) => epochs <= defaults.epochs)).toBe(true);
  });

  it("goes on where the best rate is the highest or lowest of its layers", () => {
    expect(beyond({ ...defaults, learningRate: 1e-3 }, sweep)?.learningRate).toBe(2e-3);
    expect(beyond({ ...defaults, learningRate: 2.5e-4 }, sweep)?.learningRate).toBe(1.25e-4);
    expect(beyond({ ...defaults, targetModules: "peft", learningRate: 1e-3 }, sweep)?.learningRate).toBe(5e-4);
    expect(beyond(defaults, sweep)).toBeUndefined();
  });
});
