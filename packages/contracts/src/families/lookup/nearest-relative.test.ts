import { expect, it } from "vitest";
import { checkConfig } from "../config/check-config.ts";

it.each([
  ["deberta", 'The nearest supported one is "deberta-v2". Supported'],
  ["qwen3_vl_moe", 'The nearest supported one is "qwen3_moe". Supported'],
  ["deepseek_v2", 'The nearest supported one is "deepseek_v3". Supported'],
  ["falcon_mamba", "Models with state-space (Mamba) layers are not supported. Supported"],
  ["splinter", '"splinter" are not supported. Supported'],
  ["qwen2_vl", 'The nearest supported one is "qwen2". Supported'],
  ["glm4v_moe", 'The nearest supported one is "glm4". Supported'],
  ["mobilebert", '"mobilebert" are not supported. Supported'],
  ["hubert", "Of the models that read audio, only whisper is supported. Supported"],
  ["switch_transformers", "T5 with a mixture of experts is not supported. Supported"],
])("refuses %s with the most similar supported name, if there is one", (modelType, line) => {
  expect(() => checkConfig({ model_type: modelType })).toThrow(line);
});
