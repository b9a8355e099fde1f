// LLaMA in GGUF, as llama.cpp's convert_hf_to_gguf.py writes it.

import type { GgufTable } from "../gguf-table.ts";

export const llama: GgufTable = {
  architecture: "llama",
  modelType: "llama",
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
  ],
  refusedTensors: new Map([["rope_freqs.weight", "it rescales the rotation speeds (Llama 3's long context)"]]),
};
