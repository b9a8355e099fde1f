// LLaMA (Touvron et al. 2023), as transformers' modeling_llama.py names it, and its descendants that say "llama".

import type { Family } from "../family.ts";
import {
  decoderClasses,
  decoderHeads,
  decoderNorms,
  decoderSizes,
  gatedFeedForward,
  rotaryBuffers,
  separateAttention,
  tokenDropout,
} from "./decoder-rows.ts";

export const llama: Family = {
  modelType: "llama",
  causal: true,
  basePrefix: "model",
  architectures: decoderClasses("Llama", ["token-classification", "question-answering"]),
  config: {
    sizes: {
      ...decoderSizes,
      headSize: { keys: ["head_dim"] },
      maxPositions: { keys: ["max_position_embeddings"], fallback: 2048 },
    },
    activation: { key: "hidden_act", fallback: "silu" },
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-6 },
    dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 }, classifier: tokenDropout },
    tiedByDefault: false,
    rotary: true,
    switches: {
      attentionBias: { key: "attention_bias", fallback: false },
      feedForwardBias: { key: "mlp_bias", fallback: false },
    },
    // Tensor parallelism of the first training run: it only splits sums.
    harmless: ["pretraining_tp", "is_llama_config"],
  },
  embeddings: [{ path: "embed_tokens", rows: "vocabulary" }],
  linears: [...separateAttention("attentionBias"), ...gatedFeedForward("feedForwardBias")],
  norms: decoderNorms,
  heads: decoderHeads("embed_tokens", { questionPrefix: "transformer" }),
  ignoredFileKeys: rotaryBuffers,
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
