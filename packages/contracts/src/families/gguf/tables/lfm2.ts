// LFM2 in GGUF. Layers with key heads have attention; the others have convolutions, named "shortconv".

import type { GgufFields, GgufTable } from "../gguf-table.ts";
import { configRows, nameRows } from "./shared-rows.ts";

/** Key heads of each layer, 0 for a convolution; a single number if all layers have attention. */
function layersByKeyHeads(fields: GgufFields): Readonly<Record<string, unknown>> {
  const counts = fields.get("attention.head_count_kv");
  if (!Array.isArray(counts)) return {};
  const heads = [...new Set(counts)].filter((count) => count !== 0);
  return {
    num_key_value_heads: heads.length === 1 ? heads[0] : counts,
    layer_types: counts.map((count) => (count === 0 ? "conv" : "full_attention")),
  };
}

export const lfm2: GgufTable = {
  architecture: "lfm2",
  modelType: "lfm2",
  names: [
    ...nameRows([
      ["token_embd", "model.embed_tokens"],
      // It is named after the embedding, but computed after the last layer.
      ["token_embd_norm", "model.embedding_norm"],
      ["blk.{n}.attn_norm", "model.layers.{n}.operator_norm"],
      ["blk.{n}.ffn_norm", "model.layers.{n}.ffn_norm"],
      ["blk.{n}.attn_q", "model.layers.{n}.self_attn.q_proj"],
      ["blk.{n}.attn_k", "model.layers.{n}.self_attn.k_proj"],
      ["blk.{n}.attn_v", "model.layers.{n}.self_attn.v_proj"],
      ["blk.{n}.attn_output", "model.layers.{n}.self_attn.out_proj"],
      ["blk.{n}.attn_q_norm", "model.layers.{n}.self_attn.q_layernorm"],
      ["blk.{n}.attn_k_norm", "model.layers.{n}.self_attn.k_layernorm"],
      ["blk.{n}.shortconv.in_proj", "model.layers.{n}.conv.in_proj"],
      ["blk.{n}.shortconv.out_proj", "model.layers.{n}.conv.out_proj"],
      ["blk.{n}.ffn_gate", "model.layers.{n}.feed_forward.w1"],
      ["blk.{n}.ffn_up", "model.layers.{n}.feed_forward.w3"],
      ["blk.{n}.ffn_down", "model.layers.{n}.feed_forward.w2"],
      ["output", "lm_head"],
    ]),
    ...nameRows([["blk.{n}.shortconv.conv", "model.layers.{n}.conv.conv"]], "one-channel"),
  ],
  config: configRows([
    { gguf: "attention.layer_norm_rms_epsilon", key: "norm_eps" },
    { gguf: "shortconv.l_cache", key: "conv_L_cache" },
  ]),
  // The width in the file is that of the matrices.
  implied: (_, fields) => ({ block_auto_adjust_ff_dim: false, ...layersByKeyHeads(fields) }),
};
