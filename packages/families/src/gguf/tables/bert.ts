// BERT in GGUF: the model without a head, as files of embeddings models have it.

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
  config: configRows([layerNormEpsilon("layer_norm_eps")], ["attention.head_count_kv", "rope.freq_base"]),
};
