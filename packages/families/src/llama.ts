// LLaMA (Touvron et al. 2023), as transformers' modeling_llama.py names it, and its descendants that say "llama".

import type { Family } from "./family.ts";

const linear = { bias: false, layout: "out-in" } as const;

export const llama: Family = {
  modelType: "llama",
  causal: true,
  basePrefix: "model",
  architectures: new Map([
    ["LlamaForCausalLM", "causal-lm"],
    ["LlamaForSequenceClassification", "sequence-classification"],
    ["LlamaModel", "feature-extraction"],
  ]),
  config: {
    sizes: {
      vocabularySize: { keys: ["vocab_size"] },
      hiddenSize: { keys: ["hidden_size"] },
      intermediateSize: { keys: ["intermediate_size"] },
      layers: { keys: ["num_hidden_layers"] },
      heads: { keys: ["num_attention_heads"] },
      keyValueHeads: { keys: ["num_key_value_heads"], fallback: { times: 1, of: "heads" } },
      headSize: { keys: ["head_dim"] },
      maxPositions: { keys: ["max_position_embeddings"], fallback: 2048 },
    },
    activation: { key: "hidden_act", fallback: "silu" },
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-6 },
    dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 } },
    tiedByDefault: false,
    rotary: true,
    fixed: [
      { key: "attention_bias", values: [false], effect: "true adds biases to the attention's linear maps" },
      { key: "mlp_bias", values: [false], effect: "true adds biases to the feed-forward's linear maps" },
      { key: "rope_interleaved", values: [false], effect: "true rotates adjacent pairs instead of halves" },
    ],
    // Tensor parallelism of the first training run: it only splits sums.
    harmless: ["pretraining_tp", "is_llama_config"],
  },
  embeddings: [{ path: "embed_tokens", role: "input-embedding", rows: "vocabulary" }],
  linears: [
    { path: "layers.{n}.self_attn.q_proj", role: "query", inFeatures: "hidden", outFeatures: "queries", ...linear },
    { path: "layers.{n}.self_attn.k_proj", role: "key", inFeatures: "hidden", outFeatures: "key-values", ...linear },
    { path: "layers.{n}.self_attn.v_proj", role: "value", inFeatures: "hidden", outFeatures: "key-values", ...linear },
    {
      path: "layers.{n}.self_attn.o_proj",
      role: "attention-output",
      inFeatures: "queries",
      outFeatures: "hidden",
      ...linear,
    },
    {
      path: "layers.{n}.mlp.gate_proj",
      role: "feed-forward-gate",
      inFeatures: "hidden",
      outFeatures: "intermediate",
      ...linear,
    },
    {
      path: "layers.{n}.mlp.up_proj",
      role: "feed-forward-up",
      inFeatures: "hidden",
      outFeatures: "intermediate",
      ...linear,
    },
    {
      path: "layers.{n}.mlp.down_proj",
      role: "feed-forward-down",
      inFeatures: "intermediate",
      outFeatures: "hidden",
      ...linear,
    },
  ],
  norms: [
    { path: "layers.{n}.input_layernorm", kind: "root-mean-square" },
    { path: "layers.{n}.post_attention_layernorm", kind: "root-mean-square" },
    { path: "norm", kind: "root-mean-square" },
  ],
  heads: {
    "causal-lm": {
      linears: [{ path: "lm_head", role: "output-head", inFeatures: "hidden", outFeatures: "vocabulary", ...linear }],
      tie: { head: "lm_head", embedding: "embed_tokens" },
    },
    "sequence-classification": {
      linears: [
        {
          path: "score",
          role: "classifier",
          inFeatures: "hidden",
          outFeatures: "labels",
          newIfMissing: true,
          ...linear,
        },
      ],
    },
  },
  // Rotation speeds follow from the configuration; files made before transformers 4.32 also store them.
  ignoredFileKeys: ["rotary_emb.inv_freq"],
  gguf: {
    architecture: "llama",
    names: [
      { gguf: "token_embd", path: "model.embed_tokens" },
      { gguf: "blk.{n}.attn_q", path: "model.layers.{n}.self_attn.q_proj", permutedRows: "heads" },
      { gguf: "blk.{n}.attn_k", path: "model.layers.{n}.self_attn.k_proj", permutedRows: "keyValueHeads" },
      { gguf: "blk.{n}.attn_v", path: "model.layers.{n}.self_attn.v_proj" },
      { gguf: "blk.{n}.attn_output", path: "model.layers.{n}.self_attn.o_proj" },
      { gguf: "blk.{n}.ffn_gate", path: "model.layers.{n}.mlp.gate_proj" },
      { gguf: "blk.{n}.ffn_up", path: "model.layers.{n}.mlp.up_proj" },
      { gguf: "blk.{n}.ffn_down", path: "model.layers.{n}.mlp.down_proj" },
      { gguf: "blk.{n}.attn_norm", path: "model.layers.{n}.input_layernorm" },
      { gguf: "blk.{n}.ffn_norm", path: "model.layers.{n}.post_attention_layernorm" },
      { gguf: "output_norm", path: "model.norm" },
      { gguf: "output", path: "lm_head" },
    ],
    config: [
      { gguf: "vocab_size", key: "vocab_size" },
      { gguf: "embedding_length", key: "hidden_size" },
      { gguf: "feed_forward_length", key: "intermediate_size" },
      { gguf: "block_count", key: "num_hidden_layers" },
      { gguf: "attention.head_count", key: "num_attention_heads" },
      { gguf: "attention.head_count_kv", key: "num_key_value_heads" },
      { gguf: "attention.key_length", key: "head_dim" },
      { gguf: "attention.layer_norm_rms_epsilon", key: "rms_norm_eps" },
      { gguf: "context_length", key: "max_position_embeddings" },
      { gguf: "rope.freq_base", key: "rope_theta" },
      { gguf: "expert_count", key: "num_local_experts" },
    ],
    refusedTensors: new Map([["rope_freqs.weight", "it rescales the rotation speeds (Llama 3's long context)"]]),
  },
};
