// adapter_config.json as the programs leave it that people train with: fields of theirs, and fields with null in them.

import { describe, expect, it } from "vitest";
import { parseLoraConfig } from "./parse-lora-config.ts";

const plain = { peft_type: "LORA", r: 16, lora_alpha: 32, target_modules: ["q_proj", "v_proj"] };
const unset = {
  alpha_pattern: {},
  arrow_config: null,
  bias: "none",
  corda_config: null,
  eva_config: null,
  exclude_modules: null,
  fan_in_fan_out: false,
  inference_mode: true,
  init_lora_weights: true,
  layer_replication: null,
  layers_pattern: null,
  layers_to_transform: null,
  loftq_config: {},
  lora_bias: false,
  lora_dropout: 0,
  megatron_config: null,
  megatron_core: "megatron.core",
  modules_to_save: null,
  peft_version: "0.18.0",
  qalora_group_size: 16,
  rank_pattern: {},
  revision: null,
  target_parameters: null,
  task_type: "CAUSAL_LM",
  trainable_token_indices: null,
  use_dora: false,
  use_qalora: false,
  use_rslora: false,
  alora_invocation_tokens: null,
  ensure_weight_tying: false,
};

const files: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  Unsloth: {
    ...plain,
    ...unset,
    auto_mapping: {
      base_model_class: "LlamaForCausalLM",
      parent_library: "transformers.models.llama.modeling_llama",
      unsloth_fixed: true,
    },
    base_model_name_or_path: "unsloth/llama-3.2-1b-instruct-unsloth-bnb-4bit",
  },
  "Unsloth's vision models": {
    ...plain,
    ...unset,
    target_modules:
      "(?:.*?(?:language|text).*?(?:self_attn|attention|attn|mlp|feed_forward|ffn|dense).*?(?:q_proj|v_proj).*?)|" +
      "(?:\\bmodel\\.layers\\.[\\d]{1,}\\.(?:self_attn|attention|attn|mlp|feed_forward|ffn|dense)\\.(?:(?:q_proj|v_proj)))",
  },
  Axolotl: { ...plain, ...unset, base_model_name_or_path: "NousResearch/Llama-3.2-1B", fan_in_fan_out: null },
  "LLaMA-Factory": { ...plain, ...unset, auto_mapping: null, lora_dropout: 0.0, modules_to_save: [] },
  TRL: { ...plain, ...unset, task_type: null },
  torchtune: { ...plain, target_modules: ["q_proj", "o_proj"], base_model_name_or_path: "meta-llama/Llama-3.2-1B" },
};

describe("a configuration by another trainer", () => {
  it.each(Object.keys(files))("is read without a word: %s", (name) => {
    const warnings: string[] = [];
    const config = parseLoraConfig(JSON.stringify(files[name]), { onWarning: ({ message }) => warnings.push(message) });
    expect([config.rank, config.alpha, warnings]).toEqual([16, 32, []]);
  });
});
