import { describe, expect, it } from "vitest";
import { beyond, type Settings, sweepAround } from "./settings.ts";

describe("the sweep", () => {
  const loop = { learningRate: 5e-4, epochs: 9, batchSize: 8, validationShare: 0.1 };
  const defaults: Settings = { targetModules: "all-linear", ...loop };
  const sweep = sweepAround(defaults);

  it("begins with the defaults and never trains longer", () => {
    expect(sweep).toHaveLength(8);
    expect(sweep[0]).toEqual(defaults);
    expect(sweep.every(({ epochs }) => epochs <= defaults.epochs)).toBe(true);
  });

  it("continues where the best rate is the highest or lowest of its layers", () => {
    expect(beyond({ ...defaults, learningRate: 1e-3 }, sweep)?.learningRate).toBe(2e-3);
    expect(beyond({ ...defaults, learningRate: 2.5e-4 }, sweep)?.learningRate).toBe(1.25e-4);
    expect(beyond({ ...defaults, targetModules: "peft", learningRate: 1e-3 }, sweep)?.learningRate).toBe(5e-4);
    expect(beyond(defaults, sweep)).toBeUndefined();
  });
});
