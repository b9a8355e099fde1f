import { checkConfig, type Task } from "@lowrank/contracts/families";
import { parametersOf } from "@lowrank/contracts/families/checkpoint";
import { families } from "@lowrank/contracts/families/internal";
import { describe, expect, it } from "vitest";
import { outlineModel } from "../outline/outline-model.ts";

// The keys of all families: each takes its own.
const sizes: Readonly<Record<string, unknown>> = {
  n_embd: 32,
  n_layer: 2,
  n_head: 4,
  n_positions: 8,
  hidden_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 24,
  num_key_value_heads: 2,
  head_dim: 8,
  ffn_dim: 24,
  num_kv_heads: 2,
  attention_types: [[["global", "local"], 1]],
  d_model: 32,
  d_ff: 24,
  num_layers: 2,
  num_heads: 4,
  encoder_layers: 2,
  decoder_layers: 2,
  encoder_attention_heads: 4,
  decoder_attention_heads: 4,
  encoder_ffn_dim: 24,
  decoder_ffn_dim: 20,
  dim: 32,
  n_layers: 2,
  n_heads: 4,
  hidden_dim: 24,
};
// Values that other families refuse or ignore.
const own: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  gptj: { rotary_dim: 4 },
  granitemoehybrid: { mamba_n_heads: 8, layer_types: ["mamba", "attention"] },
  deepseek_v3: { num_key_value_heads: 4 },
  gemma3n: { num_kv_shared_layers: 1, altup_num_inputs: 3 },
  gemma3n_text: { num_kv_shared_layers: 1, altup_num_inputs: 2 },
  "deberta-v2": { position_buckets: 4 },
  swin: { embed_dim: 12, depths: [2, 1], num_heads: [3, 4] },
  paligemma: { text_config: { hidden_size: 32, vocab_size: 20 } },
  qwen3_vl: { vision_config: { depth: 4, deepstack_visual_indexes: [1, 2], out_hidden_size: 32 } },
};

const cases = families.flatMap(({ modelType, architectures }) =>
  [...new Set(architectures.values())].flatMap((task) => [true, false].map((tied) => ({ modelType, task, tied }))),
);

function outlineOf(modelType: string, task: Task, tied: boolean) {
  const config = checkConfig({
    model_type: modelType,
    vocab_size: 20,
    tie_word_embeddings: tied,
    ...sizes,
    ...own[modelType],
  });
  return outlineModel({ config, task });
}

describe("architectures", () => {
  it.each(cases)("$modelType for $task (tied: $tied) uses every parameter of its table", (wanted) => {
    const { parts, plan } = outlineOf(wanted.modelType, wanted.task, wanted.tied);
    const slots = parts.flatMap((part) => part.slots).map(({ path, shape }) => `${path} [${shape}]`);
    const expected = parametersOf(plan.config, plan.task)
      .filter(({ tiedWith }) => tiedWith === null)
      .map(({ path, shape }) => `${path} [${shape}]`);
    expect([...slots].sort()).toEqual([...expected].sort());
  });

  it("list their parts in torch's module order", () => {
    const { parts } = outlineOf("llama", "causal-lm", false);
    const paths = parts.flatMap((part) => part.slots).map(({ path }) => path);
    expect(paths.slice(0, 10)).toEqual([
      "model.embed_tokens.weight",
      ...["q_proj", "k_proj", "v_proj", "o_proj"].map((name) => `model.layers.0.self_attn.${name}.weight`),
      ...["gate_proj", "up_proj", "down_proj"].map((name) => `model.layers.0.mlp.${name}.weight`),
      "model.layers.0.input_layernorm.weight",
      "model.layers.0.post_attention_layernorm.weight",
    ]);
    expect(paths.at(-1)).toBe("lm_head.weight");
  });
});
