import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../../config/create-lora-config.ts";
import { isLeftOut } from "./read-adapter.ts";

const config = createLoraConfig({ bias: "all", modulesToSave: ["classifier", "embed_tokens"] });
const none = new Set<string>();

describe("parameters that PEFT writes more than once", () => {
  it.each([
    "classifier.modules_to_save.bias",
    "classifier.original_module.bias",
    "classifier.modules_to_save.default.out_proj.bias",
    "classifier.original_module.dense.bias",
  ])("%s is there again", (key) => {
    expect(isLeftOut(config, key, none)).toBe(true);
  });

  it.each(["classifier.bias", "classifier.modules_to_save.weight", "pooler.modules_to_save.bias"])(
    "%s is not",
    (key) => {
      expect(isLeftOut(config, key, none)).toBe(false);
    },
  );

  it("only happens to biases if all of them are trained", () => {
    const key = "classifier.modules_to_save.bias";
    expect(isLeftOut({ ...config, bias: "lora_only" }, key, none)).toBe(false);
  });

  it("happens to DoRA's lengths of an embedding whose table is saved, and to no others", () => {
    const key = "transformer.wte.lora_magnitude_vector";
    const saved = new Set([`${key}.weight`, "transformer.wte.base_layer.weight"]);
    const dora = createLoraConfig({ useDora: true });
    expect(isLeftOut(dora, key, saved)).toBe(true);
    expect(isLeftOut(dora, `${key}.weight`, saved)).toBe(false);
    for (const one of saved) expect(isLeftOut(dora, key, new Set([one]))).toBe(false);
  });

  it("happens to tables of a resized vocabulary, whose own name is in the file as well", () => {
    const own = new Set(["model.embed_tokens.weight"]);
    for (const twin of ["modules_to_save", "original_module"]) {
      const key = `model.embed_tokens.${twin}.weight`;
      expect([isLeftOut(config, key, own), isLeftOut(config, key, none)]).toEqual([true, false]);
    }
  });

  it("happens to a table inside a module that is saved whole, under the adapter's name", () => {
    const head = createLoraConfig({ modulesToSave: ["cls"] });
    const key = "cls.modules_to_save.mine.predictions.decoder.weight";
    expect(isLeftOut(head, key, new Set(["cls.predictions.decoder.weight"]))).toBe(true);
    expect(isLeftOut(head, key, none)).toBe(false);
  });
});

it.each([
  ["q.lora_velora_embed", { veloraConfig: {} }],
  ["q.lora_monteclora_sampler.std_prior", { monteCloraConfig: {} }],
] as const)("%s matters in training alone, where the configuration asks for it", (key, fields) => {
  expect([isLeftOut(createLoraConfig(fields), key, none), isLeftOut(config, key, none)]).toEqual([true, false]);
});
