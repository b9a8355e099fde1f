import { describe, expect, it } from "vitest";
import { objectives } from "../objectives/objectives.ts";
import { defaultValidationShare } from "../rows/row-kinds.ts";
import {
  adapterDefaults,
  defaultEpochs,
  defaultRun,
  describeEpochs,
  type RunShape,
  runDefaults,
} from "./run-defaults.ts";

const run: RunShape = {
  objective: objectives.text,
  task: "causal-lm",
  problem: undefined,
  parameters: 135e6,
  rows: 500,
};
const rate = (changed: Partial<RunShape>) => runDefaults({ ...run, ...changed }).learningRate;

describe("the defaults of a run", () => {
  it("take a language model's learning rate from its size", () => {
    const rates = [2e6, 0.1e9, 0.6e9, 7e9, 70e9].map((parameters) => rate({ parameters }));
    expect(rates).toEqual([8e-3, 2e-3, 1e-3, 1e-3, 3e-4]);
    expect(runDefaults(run).reasons.learningRate).toBe("language model under 0.5 B parameters");
    expect(rate({ rows: 49 })).toBe(5e-4);
  });

  it("give preferences a tenth of it, and encoders their own", () => {
    expect(rate({ objective: objectives.preferences })).toBeCloseTo(2e-4);
    expect(rate({ objective: objectives.classification, task: "sequence-classification" })).toBe(5e-4);
    expect(rate({ objective: objectives.classification, task: "sequence-classification", parameters: 70e9 })).toBe(
      3e-4,
    );
    expect(rate({ objective: objectives.imageClassification, task: "image-classification", parameters: 1e6 })).toBe(
      2e-3,
    );
    expect(rate({ objective: objectives.embeddings, task: "feature-extraction" })).toBe(5e-4);
  });

  it("count enough steps for a language model and more for a new head, and few epochs all the same", () => {
    const epochs = (changed: Partial<RunShape>, stepsPerEpoch: number) =>
      defaultEpochs(stepsPerEpoch, runDefaults({ ...run, ...changed }));
    expect(epochs({}, 100)).toBe(3);
    expect(epochs({}, 8)).toBe(8);
    expect(epochs({}, 6)).toBe(10);
    expect(epochs({}, 1)).toBe(30);
    expect(defaultEpochs(1, { minSteps: 0, maxEpochs: 3 })).toBe(3);
    expect(epochs({ rows: 12 }, 3)).toBe(10);
    expect(epochs({ rows: 12, objective: objectives.classification }, 3)).toBe(20);
    expect(epochs({ objective: objectives.classification, task: "sequence-classification" }, 25)).toBe(8);
  });

  it("explain the number of epochs", () => {
    const line = (changed: Partial<RunShape>, stepsPerEpoch: number) =>
      describeEpochs(stepsPerEpoch, runDefaults({ ...run, ...changed }));
    expect(line({}, 100)).toBe("epochs 3: a run has 3 to 10 by default");
    expect(line({}, 8)).toBe("epochs 8: enough for 60 steps");
    expect(line({}, 5)).toBe("epochs 10: a run has 3 to 10 by default");
    expect(line({}, 2)).toBe("epochs 15: enough for 30 steps");
    expect(line({ objective: objectives.classification }, 25)).toBe("epochs 8: enough for 200 steps");
  });

  it("make a whole run of a count of rows", () => {
    expect(defaultRun({ ...run, rows: 12 })).toEqual({
      learningRate: 5e-4,
      batchSize: 4,
      validationShare: 0,
      steps: 30,
    });
    expect(defaultRun(run)).toMatchObject({ validationShare: 0.1, steps: 171 });
    expect(defaultRun({ ...run, rows: 0 }).steps).toBe(30);
    expect(defaultRun(run)).toMatchObject({ learningRate: rate({}), batchSize: runDefaults(run).batchSize });
  });

  it("judge a classifier of one class by its accuracy, and all else by the loss", () => {
    const judged = (changed: Partial<RunShape>) => runDefaults({ ...run, ...changed }).bestBy;
    expect([
      judged({}),
      judged({ objective: objectives.classification }),
      judged({ objective: objectives.classification, problem: "regression" }),
    ]).toEqual(["loss", "accuracy", "loss"]);
  });

  it("train few rows in small batches", () => {
    expect([63, 64].map((rows) => runDefaults({ ...run, rows }).batchSize)).toEqual([4, 8]);
  });

  it("hold a tenth of the rows out from fifty on, 200 at most", () => {
    expect([49, 50, 2000, 10_000].map(defaultValidationShare)).toEqual([0, 0.1, 0.1, 0.02]);
  });

  it("adapt all linear layers, unless a field selects parts of the model by layer or parameter", () => {
    expect(adapterDefaults({})).toEqual({ rank: 8, alpha: 16, targetModules: "all-linear" });
    expect(adapterDefaults({ rank: 16 })).toMatchObject({ rank: 16, alpha: 32 });
    expect(adapterDefaults({ layersToTransform: [0] })).toEqual({ rank: 8, alpha: 16 });
    expect(adapterDefaults({ targetParameters: ["experts.gate_up_proj"] })).toEqual({ rank: 8, alpha: 16 });
  });
});
