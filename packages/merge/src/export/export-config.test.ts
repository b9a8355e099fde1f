import { checkConfig } from "@lowrank/contracts/families";
import { describe, expect, it } from "vitest";

import { exportConfig, repeatLayers } from "./export-config.ts";
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

/** A text model inside another. */
const text = {
  vocab_size: 10,
  hidden_size: 4,
  intermediate_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  head_dim: 2,
  num_key_value_heads: 2,
  layer_types: ["full_attention", "sliding_attention"],
  sliding_window: 4,
};
const whole = { model_type: "gemma3", tie_word_embeddings: true, text_config: text, vision_config: {} };

describe("exportConfig", () => {
  it("writes sizes and ties to transformers' keys, also inside a text model's configuration", () => {
    const larger = model({ config: { ...checkConfig(whole), vocabularySize: 12 }, resizedFrom: 10 });
    expect(exportConfig(whole, larger, { dtype: "as-base", isUntied: true })).toEqual({
      ...whole,
      tie_word_embeddings: false,
      text_config: { ...text, vocab_size: 12, tie_word_embeddings: false },
    });
  });

  it("names the classes as an adapter does that was trained on the base's own head", () => {
    const classifier = model({ task: "sequence-classification" });
    const changes = { dtype: "as-base", isUntied: false, labelNames: ["bad", "good"] } as const;
    expect(exportConfig(base, classifier, changes)).toMatchObject({
      id2label: { "0": "bad", "1": "good" },
      label2id: { bad: 0, good: 1 },
    });
  });

  it("removes the quantization of the base: the written weights are plain numbers", () => {
    const packed = { ...base, quantization_config: { quant_method: "mxfp4" } };
    expect(exportConfig(packed, model(), { dtype: "as-base", isUntied: false })).toEqual(base);
  });

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

  it("writes that weights are no longer tied", () => {
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

describe("exportConfig", () => {
  it.each(["token-classification", "question-answering"] as const)(
    "writes as many labels as the head has: %s",
    (task) => {
      const three = { ...base, id2label: { 0: "no", 1: "yes", 2: "perhaps" } };
      const answers = model({ task, newParameters: ["qa_outputs.weight"], config: checkConfig(base) });
      const written = exportConfig(three, answers, { dtype: "as-base", isUntied: false });
      expect(checkConfig(written)).toMatchObject({ labels: 2, labelNames: ["no", "yes"] });
    },
  );

  it("writes the number of an image classifier's labels", () => {
    const images = { model_type: "vit", hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 2, image_size: 8 };
    const vit = { ...images, intermediate_size: 8, patch_size: 4, architectures: ["ViTModel"] };
    const config = { ...checkConfig(vit), labels: 3, labelNames: ["a", "b", "c"] };
    const classifier = model({ task: "image-classification", newParameters: ["classifier.weight"], config });
    const written = exportConfig(vit, classifier, { dtype: "as-base", isUntied: false });
    expect(checkConfig(written)).toMatchObject({ labels: 3, architecture: "ViTForImageClassification" });
  });
});

describe("repeatLayers", () => {
  const repeating = (config: Record<string, unknown>, layerOrder: readonly number[]) => {
    const read = checkConfig(config);
    const isLonger = layerOrder.length > read.layers;
    const windows = layerOrder.map((layer, position) => read.windows[isLonger ? layer : position] ?? null);
    const rotatingLayers = layerOrder.map((layer) => read.rotatingLayers[layer] ?? true);
    const layerKinds = layerOrder.map((layer) => read.layerKinds[layer] ?? "plain");
    return model({ config: { ...read, layers: layerOrder.length, windows, rotatingLayers, layerKinds }, layerOrder });
  };

  it("also writes it inside a text model's configuration", () => {
    expect(repeatLayers(whole, repeating(whole, [0, 1, 1]))).toEqual({
      ...whole,
      text_config: { ...text, num_hidden_layers: 3, layer_types: [...text.layer_types, "sliding_attention"] },
    });
  });

  it("writes how many layers there are now, and of which type each is", () => {
    const types = ["sliding_attention", "full_attention"];
    const config = {
      ...base,
      model_type: "qwen3",
      head_dim: 2,
      num_hidden_layers: 2,
      layer_types: types,
      sliding_window: 4,
      use_sliding_window: true,
    };
    expect(repeatLayers(config, repeating(config, [0, 1, 1]))).toEqual({
      ...config,
      num_hidden_layers: 3,
      layer_types: ["sliding_attention", "full_attention", "full_attention"],
    });
    expect(repeatLayers(config, repeating(config, [1, 0]))).toEqual(config);
  });

  it("moves the entries of a list of layers that rotate, and refuses an order that a rule would undo", () => {
    const listed = {
      ...base,
      model_type: "smollm3",
      num_key_value_heads: 1,
      num_hidden_layers: 2,
      no_rope_layers: [0, 1],
    };
    expect(repeatLayers(listed, repeating(listed, [1, 0, 1]))).toEqual({
      ...listed,
      num_hidden_layers: 3,
      no_rope_layers: [1, 0, 1],
    });
    const { no_rope_layers: _, ...ruled } = { ...listed, no_rope_layer_interval: 2 };
    expect(() => repeatLayers(ruled, repeating(ruled, [1, 0]))).toThrow(
      expect.objectContaining({ code: "REPEATED_LAYERS" }),
    );
  });

  it("refuses an order that the family's configuration has no words for", () => {
    const config = {
      model_type: "gpt_neo",
      vocab_size: 10,
      hidden_size: 4,
      num_layers: 2,
      num_heads: 2,
      attention_types: [[["global", "local"], 1]],
      attention_layers: ["global", "local"],
      window_size: 4,
      max_position_embeddings: 8,
    };
    expect(() => repeatLayers(config, repeating(config, [0, 1, 1]))).toThrow(
      expect.objectContaining({ code: "REPEATED_LAYERS" }),
    );
  });
});
