import { describe, expect, it } from "vitest";
import { isRepeatedBias } from "./repeated-biases.ts";

const config = { bias: "all", modulesToSave: ["classifier"] } as const;

describe("biases that PEFT writes more than once", () => {
  it.each([
    "classifier.modules_to_save.bias",
    "classifier.original_module.bias",
    "classifier.modules_to_save.default.out_proj.bias",
    "classifier.original_module.dense.bias",
  ])("%s is there again", (key) => {
    expect(isRepeatedBias(config, key)).toBe(true);
  });

  it.each(["classifier.bias", "classifier.modules_to_save.weight", "pooler.modules_to_save.bias"])(
    "%s is not",
    (key) => {
      expect(isRepeatedBias(config, key)).toBe(false);
    },
  );

  it("happens where all biases are trained, and only there", () => {
    expect(isRepeatedBias({ ...config, bias: "lora_only" }, "classifier.modules_to_save.bias")).toBe(false);
  });
});
