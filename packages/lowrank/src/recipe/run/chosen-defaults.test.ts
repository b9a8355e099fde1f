import { describe, expect, it } from "vitest";
import { objectives } from "../../objectives/objectives.ts";
import type { PreparedTraining } from "../../opened-adapter.ts";
import { runDefaults } from "../../train/run-defaults.ts";
import type { CompleteRecipe } from "../recipe.ts";
import { chosenOptions, describeDefaults } from "./chosen-defaults.ts";

const shape = {
  objective: objectives.text,
  task: "causal-lm",
  problem: undefined,
  parameters: 135e6,
  rows: 80,
} as const;
// The fields that are read of a prepared run.
const training = {
  defaults: runDefaults(shape),
  train: { length: 72 },
  validation: { length: 8 },
  heldOut: 0.1,
  totalSteps: 63,
  stepsPerEpoch: 9,
  handle: { config: { targetModules: "all-linear" } },
} as PreparedTraining;
const choices = {
  data: ["rows.jsonl"],
  out: "adapter",
  gradientAccumulationSteps: 1,
  schedule: "linear",
  weightDecay: 0,
  clipNorm: 1,
  seed: 0,
} satisfies CompleteRecipe;

describe("the options of a recipe that nobody gave", () => {
  it("are the defaults of the run", () => {
    expect(chosenOptions(training, choices, {})).toEqual({
      rank: 8,
      alpha: 16,
      targetModules: "all-linear",
      epochs: 7,
      batchSize: 8,
      learningRate: 2e-3,
      bestBy: "loss",
      validationShare: 0.1,
    });
  });

  it("are those of a resumed run's first start", () => {
    const begun = { learningRate: 5e-4, steps: 20, batchSize: 4 };
    const found = chosenOptions({ ...training, totalSteps: 20, heldOut: 0 }, choices, begun);
    expect(found).toMatchObject({ learningRate: 5e-4, steps: 20, batchSize: 4 });
    expect(found).not.toHaveProperty("epochs");
  });

  it("are printed with a reason each", () => {
    expect(describeDefaults(training, {}, choices)).toEqual([
      "target modules: all linear layers except the head; fewer need a higher learning rate",
      "learning rate 0.002: language model under 0.5 B parameters",
      "batch size 8: 64 rows or more",
      "epochs 7: enough for 60 steps",
      "8 of 80 rows held out: the epoch with the best validation is kept",
    ]);
  });

  it("leave to a file and to PEFT the shape of their adapters", () => {
    for (const of of [{ loraConfig: "lora.json" }, { likePeft: true }, { adapter: "earlier" }])
      expect(chosenOptions(training, { ...choices, ...of }, {})).not.toHaveProperty("targetModules");
  });
});
