// Phi 2 and 3 in GGUF.

import type { GgufTable } from "../gguf-table.ts";
import { configRows, layerNormEpsilon, llamaLikeMaps, llamaLikeNorms, nameRows, window } from "./shared-rows.ts";

const separate = new Set(["token_embd", "output", "blk.{n}.attn_q", "blk.{n}.attn_k", "blk.{n}.attn_v"]);

export const phi2: GgufTable = {
  architecture: "phi2",
  modelType: "phi",
  names: [
    ...llamaLikeMaps.filter(({ gguf }) => separate.has(gguf)),
    ...nameRows([
      ["blk.{n}.attn_q_norm", "model.layers.{n}.self_attn.q_layernorm"],
      ["blk.{n}.attn_k_norm", "model.layers.{n}.self_attn.k_layernorm"],
      ["blk.{n}.attn_output", "model.layers.{n}.self_attn.dense"],
      ["blk.{n}.ffn_up", "model.layers.{n}.mlp.fc1"],
      ["blk.{n}.ffn_down", "model.layers.{n}.mlp.fc2"],
      ["blk.{n}.attn_norm", "model.layers.{n}.input_layernorm"],
      ["output_norm", "model.final_layernorm"],
    ]),
  ],
  config: configRows([layerNormEpsilon("layer_norm_eps")]),
  rotaryShare: "partial_rotary_factor",
  implied: (tensorNames) => ({ qk_layernorm: tensorNames.has("blk.0.attn_q_norm.weight") }),
};

export const phi3: GgufTable = {
  architecture: "phi3",
  modelType: "phi3",
  names: [
    ...nameRows([
      ["token_embd", "model.embed_tokens"],
      ["blk.{n}.attn_qkv", "model.layers.{n}.self_attn.qkv_proj"],
      ["blk.{n}.attn_output", "model.layers.{n}.self_attn.o_proj"],
      ["blk.{n}.ffn_up", "model.layers.{n}.mlp.gate_up_proj"],
      ["blk.{n}.ffn_down", "model.layers.{n}.mlp.down_proj"],
      ["output", "lm_head"],
    ]),
    ...nameRows(llamaLikeNorms),
  ],
  config: configRows([
    window,
    { gguf: "rope.scaling.original_context_length", key: "original_max_position_embeddings" },
  ]),
  rotaryShare: "partial_rotary_factor",
};
