import { describe, expect, it } from "vitest";
import { checkConfig } from "../config/check-config.ts";

import { ggufFromConfig } from "./gguf-from-config.ts";
import { windowWarning } from "./gguf-windows.ts";

const small = { vocab_size: 40, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 4 };
const grouped = { ...small, num_key_value_heads: 2, max_position_embeddings: 64 };
const gpt = { vocab_size: 40, n_embd: 16, n_layer: 2, n_head: 4, n_positions: 64 };
const llama3 = { rope_type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
const longrope = { rope_type: "longrope", short_factor: [1, 2], long_factor: [3, 4] };
const experts = { num_experts: 4, num_experts_per_tok: 2, moe_intermediate_size: 8 };

const cases: readonly (readonly [string, object])[] = [
  ["llama", grouped],
  ["llama", { ...grouped, attention_bias: true, tie_word_embeddings: true }],
  ["llama", { ...grouped, rope_theta: 5e5, rope_scaling: { ...llama3, original_max_position_embeddings: 16 } }],
  ["llama", { ...grouped, rope_scaling: { rope_type: "linear", factor: 4 } }],
  ["mistral", { ...grouped, sliding_window: null }],
  ["smollm3", { ...grouped, num_hidden_layers: 5 }],
  ["granite", { ...grouped, attention_multiplier: 0.3, embedding_multiplier: 12, logits_scaling: 3, mlp_bias: true }],
  ["exaone", { ...grouped, head_dim: 8 }],
  ["olmo", grouped],
  ["olmo3", { ...grouped, num_hidden_layers: 4, sliding_window: 4 }],
  ["exaone4", { ...grouped, sliding_window: null }],
  ["exaone4", { ...grouped, num_hidden_layers: 64, sliding_window: 4 }],
  ["cohere2", { ...grouped, num_hidden_layers: 5, sliding_window: 4, logit_scale: 0.25 }],
  ["qwen3_moe", { ...grouped, head_dim: 8, ...experts, norm_topk_prob: true }],
  ["qwen2_moe", { ...grouped, ...experts, shared_expert_intermediate_size: 24, router_aux_loss_coef: 1 }],
  ["mixtral", { ...grouped, num_local_experts: 4, num_experts_per_tok: 2, sliding_window: 4 }],
  ["glm4", { ...grouped, head_dim: 8, partial_rotary_factor: 0.5 }],
  ["qwen2", grouped],
  ["qwen2", { ...grouped, rope_scaling: { rope_type: "yarn", factor: 4, original_max_position_embeddings: 16 } }],
  ["qwen3", { ...grouped, head_dim: 8, tie_word_embeddings: true }],
  ["gemma", { ...grouped, head_dim: 8 }],
  ["gemma2", { ...grouped, head_dim: 8, sliding_window: 4, query_pre_attn_scalar: 8 }],
  ["gemma3_text", { ...grouped, num_hidden_layers: 6, head_dim: 8, sliding_window: 4, query_pre_attn_scalar: 8 }],
  ["phi", { ...small, max_position_embeddings: 64, partial_rotary_factor: 0.5 }],
  ["phi3", { ...grouped, sliding_window: 4 }],
  ["phi3", { ...grouped, rope_scaling: longrope, original_max_position_embeddings: 16 }],
  ["gpt2", gpt],
  ["gpt_neox", { ...small, max_position_embeddings: 64, rotary_pct: 0.5, use_parallel_residual: true }],
  ["starcoder2", { ...grouped, use_bias: true }],
  ["olmo2", grouped],
  ["stablelm", { ...grouped, partial_rotary_factor: 0.5, use_qkv_bias: true, use_parallel_residual: false }],
  ["falcon", { ...small, ffn_hidden_size: 64, multi_query: true, new_decoder_architecture: false }],
  ["bert", { ...small, max_position_embeddings: 64, type_vocab_size: 3 }],
  ["nomic_bert", { ...small, max_position_embeddings: 64, rotary_emb_base: 1000 }],
  ["lfm2", { ...grouped, layer_types: ["conv", "full_attention"], block_multiple_of: 8, conv_L_cache: 4 }],
  ["lfm2", { ...grouped, full_attn_idxs: [0, 1], block_auto_adjust_ff_dim: false }],
  ["bloom", { vocab_size: 40, hidden_size: 16, n_layer: 2, n_head: 4 }],
];

describe("ggufFromConfig", () => {
  it.each(cases)("stores the whole configuration of %s: %j", (model_type, options) => {
    const config = checkConfig({ model_type, ...options });
    const { table, metadata } = ggufFromConfig(config);
    expect(metadata.get(`${table.architecture}.block_count`)).toEqual({ type: "uint32", value: config.layers });
  });

  it("refuses settings that GGUF lacks: a scale of scores, and positions that depend on the text's length", () => {
    const scaled = checkConfig({ model_type: "gemma2", ...grouped, head_dim: 8, query_pre_attn_scalar: 5 });
    expect(() => ggufFromConfig(scaled)).toThrow(
      /query_pre_attn_scalar: the model has 5, llama.cpp would compute with 8/,
    );
    const dynamic = { rope_scaling: { rope_type: "dynamic", factor: 2 } };
    const stretched = checkConfig({ model_type: "llama", ...grouped, ...dynamic });
    expect(() => ggufFromConfig(stretched)).toThrow(expect.objectContaining({ code: "UNWRITABLE_ARCHITECTURE" }));
    const mixed = checkConfig({ model_type: "qwen3_moe", ...grouped, ...experts, mlp_only_layers: [0] });
    expect(() => ggufFromConfig(mixed)).toThrow(/layerKinds.0: the model has/);
    expect(() => ggufFromConfig(checkConfig({ model_type: "electra", ...small }))).toThrow(/names for its weights/);
  });

  it.each([
    ["phi", { ...small, qk_layernorm: true }, "qk_layernorm: the model has true"],
    ["starcoder2", { ...grouped, use_bias: false }, "use_bias: the model has false"],
    ["exaone4", { ...grouped, sliding_window: null, head_dim: 8 }, "head_dim|key_length"],
    ["qwen2", { ...grouped, head_dim: 8 }, "head_dim|key_length"],
  ])("refuses what llama.cpp does not load, by its key: %s %j", (model_type, options, reason) => {
    expect(() => ggufFromConfig(checkConfig({ model_type, ...options }))).toThrow(new RegExp(reason));
  });

  it.each([
    ["mistral", { sliding_window: 4 }, 4],
    ["mixtral", { num_local_experts: 4, num_experts_per_tok: 2, sliding_window: 4 }, 4],
    ["starcoder2", { sliding_window: 5 }, 5],
    ["phi3", { sliding_window: 6 }, 6],
    ["qwen2", { use_sliding_window: true, sliding_window: 7, max_window_layers: 1 }, 7],
    ["qwen3", { use_sliding_window: true, sliding_window: 7, max_window_layers: 1, head_dim: 8 }, 7],
    ["gemma2", { sliding_window: 4, head_dim: 8, query_pre_attn_scalar: 8 }, undefined],
    ["olmo3", { sliding_window: 4, num_hidden_layers: 4 }, undefined],
    ["qwen2", { sliding_window: 4 }, undefined],
  ])("warns of a window that llama.cpp ignores, with its length: %s %j", (model_type, options, length) => {
    const config = checkConfig({ model_type, ...grouped, ...options });
    const message = windowWarning(config, ggufFromConfig(config).table)?.message;
    if (length === undefined) expect(message).toBeUndefined();
    else expect(message).toContain(`For texts of more than ${length} tokens`);
  });

  const readers = ["llama", "mixtral", "granite", "exaone", "exaone4"];
  const others = ["smollm3", "glm4", "olmo", "cohere2", "qwen2", "olmo2"];
  it.each([...readers, ...others])(
    "writes Llama 3's rotary scaling only where llama.cpp reads it: %s",
    (model_type) => {
      const rope_scaling = { ...llama3, original_max_position_embeddings: 16 };
      const config = checkConfig({ model_type, ...grouped, sliding_window: null, rope_scaling });
      if (readers.includes(model_type)) expect(ggufFromConfig(config).ropeFactors.has("rope_freqs.weight")).toBe(true);
      else expect(() => ggufFromConfig(config)).toThrow(/rope_scaling: .*architecture \w+ has no tensor rope_freqs/);
    },
  );
});
