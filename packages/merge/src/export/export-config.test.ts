import { checkConfig } from "@lowrank/families";
import { describe, expect, it } from "vitest";
import { exportConfig } from "./export-config.ts";
import type { ExportableModel } from "./exportable-model.ts";

const base = {
  model_type: "llama",
  architectures: ["LlamaForCausalLM"],
  vocab_size: 10,
  hidden_size: 4,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  id2label: { 0: "no", 1: "yes" },
  kept: [1, { anything: true }],
};

const model = (changes: Partial<ExportableModel> = {}): ExportableModel => ({
  config: checkConfig(base),
  task: "causal-lm",
  newParameters: [],
  sites: () => [],
  parameters: () => [],
  ...changes,
});

describe("exportConfig", () => {
  it("keeps the base's configuration as it is when nothing changed", () => {
    expect(exportConfig(base, model(), { dtype: "as-base", isUntied: false })).toEqual(base);
  });

  it.each([
    [{ torch_dtype: "bfloat16" }, { torch_dtype: "float16" }],
    [{ dtype: "bfloat16" }, { dtype: "float16" }],
    [{}, { torch_dtype: "float16" }],
  ])("writes the type under the name that is there: %j", (given, expected) => {
    const written = exportConfig({ ...base, ...given }, model(), { dtype: "F16", isUntied: false });
    expect(written).toEqual({ ...base, ...expected });
  });

  it("says that weights are no longer tied", () => {
    const written = exportConfig({ ...base, tie_word_embeddings: true }, model(), { dtype: "as-base", isUntied: true });
    expect(written.tie_word_embeddings).toBe(false);
  });

  it("names the class and the labels of a head that was made new", () => {
    const classifier = model({ task: "sequence-classification", newParameters: ["score.weight"] });
    expect(exportConfig(base, classifier, { dtype: "as-base", isUntied: false })).toMatchObject({
      architectures: ["LlamaForSequenceClassification"],
      id2label: { "0": "no", "1": "yes" },
      label2id: { no: 0, yes: 1 },
    });
  });
});
