import { parseSafetensors } from "@lowrank/safetensors/internal";
import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../../config/create-lora-config.ts";

import type { Adapter, AdapterTensor } from "../../lora-config.ts";
import { readAdapter } from "./read-adapter.ts";
import { writeAdapter } from "./write-adapter.ts";

const config = createLoraConfig({ rank: 1, targetModules: ["q"], baseModel: "owner/base", taskType: "CAUSAL_LM" });

function adapterOf(changes: Readonly<Record<string, AdapterTensor>> = {}): Adapter {
  const tensors = {
    "q.lora_A.weight": { shape: [1, 2], values: Float32Array.of(1, 2) },
    "q.lora_B.weight": { shape: [3, 1], values: Float32Array.of(3, 4, 5) },
    ...changes,
  };
  return { config, tensors: new Map(Object.entries(tensors)), metadata: new Map([["lowrank.base", "abc"]]) };
}

describe("writing an adapter", () => {
  it("writes the same bytes for any order of tensors", () => {
    const adapter = adapterOf();
    const reversed = { ...adapter, tensors: new Map([...adapter.tensors].reverse()) };
    const weights = writeAdapter(adapter)["adapter_model.safetensors"];
    expect(Buffer.compare(writeAdapter(reversed)["adapter_model.safetensors"], weights)).toBe(0);
  });

  it("adds PEFT's prefix to each key, and our texts to the metadata", () => {
    const file = parseSafetensors(writeAdapter(adapterOf())["adapter_model.safetensors"]);
    expect([...file.tensors.keys()]).toEqual(["base_model.model.q.lora_A.weight", "base_model.model.q.lora_B.weight"]);
    expect(file.metadata).toEqual(
      new Map([
        ["format", "pt"],
        ["lowrank.base", "abc"],
      ]),
    );
  });

  it("is undone by reading", async () => {
    const adapter = adapterOf();
    const files = writeAdapter(adapter);
    const again = await readAdapter({
      config: files["adapter_config.json"],
      weights: files["adapter_model.safetensors"],
    });
    expect(again).toEqual({ ...adapter, config: { ...config, inferenceMode: true } });
  });

  it.each(["F16", "BF16"] as const)("halves the file as %s", (dtype) => {
    const file = parseSafetensors(writeAdapter(adapterOf(), { dtype })["adapter_model.safetensors"]);
    expect(file.tensors.get("base_model.model.q.lora_A.weight")).toMatchObject({ dtype, begin: 0, end: 4 });
  });

  it.each([
    ["half a pair", { "v.lora_A.weight": { shape: [1, 2], values: Float32Array.of(1, 2) } }, "no lora_B"],
    ["a wrong rank", { "q.lora_A.weight": { shape: [2, 1], values: Float32Array.of(1, 2) } }, "rank 2"],
    ["too few values", { "q.lora_A.weight": { shape: [1, 2], values: Float32Array.of(1) } }, "1 values"],
    [
      "no number",
      { "q.lora_A.weight": { shape: [1, 2], values: Float32Array.of(1, Number.NaN) } },
      "NaN at position 1",
    ],
  ])("refuses %s", (_, changes, problem) => {
    expect(() => writeAdapter(adapterOf(changes))).toThrow(
      expect.objectContaining({ code: "INVALID_ADAPTER_TENSORS" }),
    );
    expect(() => writeAdapter(adapterOf(changes))).toThrow(problem);
  });

  it.each([0, 3, 4, 7, 8])("finds a value that is not a number at position %i of nine", (index) => {
    for (const [broken, name] of [
      [Number.NaN, "NaN"],
      [Number.NEGATIVE_INFINITY, "-Infinity"],
    ] as const) {
      const values = Float32Array.of(-3.4e38, 3.4e38, 0, -0, 1e-45, 1, -1, 2, 3).fill(broken, index, index + 1);
      const adapter = adapterOf({ "q.lora_A.weight": { shape: [1, 9], values } });
      expect(() => writeAdapter(adapter)).toThrow(`${name} at position ${index}, which F32 cannot hold`);
    }
  });

  it("refuses numbers that the type would turn into infinity", () => {
    const large = adapterOf({ "q.lora_A.weight": { shape: [1, 2], values: Float32Array.of(65_504, 65_520) } });
    expect(() => writeAdapter(large, { dtype: "F16" })).toThrow("65520 at position 1, which F16 cannot hold");
    expect(() => writeAdapter(large, { dtype: "BF16" })).not.toThrow();
  });
});

describe("the model card", () => {
  it("has the fields that a model hub needs", () => {
    const card = writeAdapter(adapterOf())["README.md"];
    expect(card.split("---")[1]).toBe(`
base_model: "owner/base"
library_name: peft
pipeline_tag: text-generation
tags:
- "base_model:adapter:owner/base"
- lora
- transformers
`);
  });

  it("cannot be broken by a base model's name", () => {
    const name = 'a"\n---\nlibrary_name: evil\n`code`';
    const card = writeAdapter({ ...adapterOf(), config: { ...config, baseModel: name } })["README.md"];
    expect(card.split("\n---\n")).toHaveLength(2);
    expect(card).not.toContain("\nlibrary_name: evil");
  });

  it("shows control characters of a base model's name, and marks that turn the direction of text, harmlessly", () => {
    const name = "base\u001b[2J\u202e\u009b";
    const card = writeAdapter({ ...adapterOf(), config: { ...config, baseModel: name } })["README.md"];
    expect(card).toContain("`base\\u001b[2J\\u202e\\u009b`");
    expect(card).toMatch(/^[\n -~]*$/);
  });

  it.each(["score.weight", "classifier.out_proj.weight", "classification_head.out_proj.weight"])(
    "tells transformers how many classes the classifier has whose %s is saved",
    (key) => {
      const dense = { "classifier.dense.weight": { shape: [2, 2], values: new Float32Array(4) } };
      const { tensors, metadata } = adapterOf({ ...dense, [key]: { shape: [3, 2], values: new Float32Array(6) } });
      const modulesToSave = ["score", "classifier", "classification_head"];
      const classifier = { config: { ...config, modulesToSave, taskType: "SEQ_CLS" as const }, tensors, metadata };
      expect(writeAdapter(classifier)["README.md"]).toContain('.from_pretrained("owner/base", num_labels=3)\n');
      expect(writeAdapter({ ...classifier, config: { ...config, modulesToSave } })["README.md"]).toContain(
        '.from_pretrained("owner/base")\n',
      );
    },
  );

  it("leaves out unknown fields", () => {
    const card = writeAdapter({ ...adapterOf(), config: { ...config, baseModel: null, taskType: null } })["README.md"];
    expect(card).not.toMatch(/base_model:|pipeline_tag/);
  });
});
