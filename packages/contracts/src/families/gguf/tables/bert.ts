// BERT and NomicBERT in GGUF: the models without a head, as files of embeddings models have them.

import type { GgufTable } from "../gguf-table.ts";
import { configRows, layerNormEpsilon, nameRows } from "./shared-rows.ts";

export const bert: GgufTable = {
  architecture: "bert",
  modelType: "bert",
  task: "feature-extraction",
  names: nameRows([
    ["token_embd", "embeddings.word_embeddings"],
    ["position_embd", "embeddings.position_embeddings"],
    ["token_types", "embeddings.token_type_embeddings"],
    ["token_embd_norm", "embeddings.LayerNorm"],
    ["blk.{n}.attn_q", "encoder.layer.{n}.attention.self.query"],
    ["blk.{n}.attn_k", "encoder.layer.{n}.attention.self.key"],
    ["blk.{n}.attn_v", "encoder.layer.{n}.attention.self.value"],
    ["blk.{n}.attn_output", "encoder.layer.{n}.attention.output.dense"],
    ["blk.{n}.attn_output_norm", "encoder.layer.{n}.attention.output.LayerNorm"],
    ["blk.{n}.ffn_up", "encoder.layer.{n}.intermediate.dense"],
    ["blk.{n}.ffn_down", "encoder.layer.{n}.output.dense"],
    ["blk.{n}.layer_output_norm", "encoder.layer.{n}.output.LayerNorm"],
  ]),
  unread: ["pooler.dense"],
  config: configRows([layerNormEpsilon("layer_norm_eps")], ["attention.head_count_kv", "rope.freq_base"]),
};

/** Queries, keys and values may be one tensor, as in NomicBERT's original files. llama.cpp splits them, too. */
export const nomicBert: GgufTable = {
  architecture: "nomic-bert",
  modelType: "nomic_bert",
  task: "feature-extraction",
  names: nameRows([
    ["token_embd", "embeddings.word_embeddings"],
    ["token_types", "embeddings.token_type_embeddings"],
    ["token_embd_norm", "embeddings.LayerNorm"],
    ["blk.{n}.attn_qkv", "encoder.layers.{n}.attn.Wqkv"],
    ["blk.{n}.attn_q", "layers.{n}.self_attn.q_proj"],
    ["blk.{n}.attn_k", "layers.{n}.self_attn.k_proj"],
    ["blk.{n}.attn_v", "layers.{n}.self_attn.v_proj"],
    ["blk.{n}.attn_output", "layers.{n}.self_attn.o_proj"],
    ["blk.{n}.attn_output_norm", "layers.{n}.post_attention_layernorm"],
    ["blk.{n}.ffn_up", "layers.{n}.mlp.up_proj"],
    ["blk.{n}.ffn_gate", "layers.{n}.mlp.gate_proj"],
    ["blk.{n}.ffn_down", "layers.{n}.mlp.down_proj"],
    ["blk.{n}.layer_output_norm", "layers.{n}.post_mlp_layernorm"],
  ]),
  config: configRows(
    [layerNormEpsilon("layer_norm_eps"), { gguf: "rope.freq_base", key: "rotary_emb_base" }],
    ["attention.head_count_kv"],
  ),
};
