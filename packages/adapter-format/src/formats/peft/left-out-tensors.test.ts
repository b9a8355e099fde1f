import { describe, expect, it } from "vitest";
import { isRepeatedParameter } from "./repeated-parameters.ts";

const config = { bias: "all", modulesToSave: ["classifier", "embed_tokens"] } as const;
const none = new Set<string>();

describe("parameters that PEFT writes more than once", () => {
  it.each([
    "classifier.modules_to_save.bias",
    "classifier.original_module.bias",
    "classifier.modules_to_save.default.out_proj.bias",
    "classifier.original_module.dense.bias",
  ])("%s is there again", (key) => {
    expect(isRepeatedParameter(config, key, none)).toBe(true);
  });

  it.each(["classifier.bias", "classifier.modules_to_save.weight", "pooler.modules_to_save.bias"])(
    "%s is not",
    (key) => {
      expect(isRepeatedParameter(config, key, none)).toBe(false);
    },
  );

  it("happens to biases where all of them are trained, and only there", () => {
    const key = "classifier.modules_to_save.bias";
    expect(isRepeatedParameter({ ...config, bias: "lora_only" }, key, none)).toBe(false);
  });

  it("happens to DoRA's lengths of an embedding whose table is saved, and to no others", () => {
    const key = "transformer.wte.lora_magnitude_vector";
    const saved = new Set([`${key}.weight`, "transformer.wte.base_layer.weight"]);
    expect(isRepeatedParameter(config, key, saved)).toBe(true);
    expect(isRepeatedParameter(config, `${key}.weight`, saved)).toBe(false);
    for (const one of saved) expect(isRepeatedParameter(config, key, new Set([one]))).toBe(false);
  });

  it("happens to tables of a resized vocabulary, whose own name is in the file as well", () => {
    const own = new Set(["model.embed_tokens.weight"]);
    for (const twin of ["modules_to_save", "original_module"]) {
      const key = `model.embed_tokens.${twin}.weight`;
      expect([isRepeatedParameter(config, key, own), isRepeatedParameter(config, key, none)]).toEqual([true, false]);
    }
  });
});
