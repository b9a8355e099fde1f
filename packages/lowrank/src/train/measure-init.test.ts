import { createLoraConfig } from "@lowrank/adapter-format";
import { describe, expect, it } from "vitest";
import type { CompleteRecipe } from "../recipe/recipe.ts";
import { initBatchesOf } from "./measure-init.ts";

const options: CompleteRecipe = {
  model: "base",
  data: ["rows.jsonl"],
  out: "adapter",
  batchSize: 1,
  gradientAccumulationSteps: 1,
  learningRate: 1e-3,
  schedule: "constant",
  weightDecay: 0,
  clipNorm: 1,
  seed: 0,
};

describe("the number of batches for an initialization", () => {
  it("is sixteen unless --init-batches is set, so that --resume may name the default", () => {
    const config = createLoraConfig({ init: "lora_ga" });
    expect(initBatchesOf(options, config)).toBe(initBatchesOf({ ...options, initBatches: 16 }, config));
    expect(initBatchesOf({ ...options, initBatches: 3 }, config)).toBe(3);
  });

  it("is zero for an initialization without data, whatever the option is", () => {
    expect(initBatchesOf({ ...options, initBatches: 3 }, createLoraConfig({ init: "pissa" }))).toBeUndefined();
  });
});
