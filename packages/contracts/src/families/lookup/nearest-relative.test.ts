import { expect, it } from "vitest";
import { checkConfig } from "../config/check-config.ts";

it.each([
  ["deberta", ', whose nearest relative is "deberta-v2". Supported'],
  ["qwen3_next", ", which is Qwen 3.5 with mixtures of experts: with these it is not computed here. Supported"],
  ["qwen3_5_moe_text", ", which is Qwen 3.5 with mixtures of experts: with these it is not computed here. Supported"],
  ["qwen3_vl_moe", ', whose nearest relative is "qwen3_moe". Supported'],
  ["falcon_h1", ", whose layers are state spaces (Mamba), all or some: they are not computed here. Supported"],
  ["gemma3n_text", ", whose layers have embeddings and streams of their own: they are not computed here. Supported"],
  ["splinter", '"splinter". Supported'],
  ["qwen2_vl", ', whose nearest relative is "qwen2". Supported'],
  ["glm4v_moe", ', whose nearest relative is "glm4". Supported'],
  ["mobilebert", '"mobilebert". Supported'],
  ["hubert", ", which reads sound: of such models only whisper is computed here. Supported"],
  ["switch_transformers", ", which is T5 with mixtures of experts: with these it is not computed here. Supported"],
])("refuses %s with the name of what it is most like, if anything", (modelType, line) => {
  expect(() => checkConfig({ model_type: modelType })).toThrow(line);
});
