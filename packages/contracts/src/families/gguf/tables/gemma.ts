// Gemma 1, 2 and 3 (text) in GGUF: gains are stored as they multiply, so that 1 was added to transformers'.

import type { GgufOwnKeys, GgufTable } from "../gguf-table.ts";
import {
  configRows,
  headWidth,
  llamaLikeMaps,
  llamaLikeNorms,
  nameRows,
  queryKeyNorms,
  window,
} from "./shared-rows.ts";

const gemmaNorms = [
  ["blk.{n}.attn_norm", "model.layers.{n}.input_layernorm"],
  ["blk.{n}.post_attention_norm", "model.layers.{n}.post_attention_layernorm"],
  ["blk.{n}.ffn_norm", "model.layers.{n}.pre_feedforward_layernorm"],
  ["blk.{n}.post_ffw_norm", "model.layers.{n}.post_feedforward_layernorm"],
  ["output_norm", "model.norm"],
] as const;
const finalCap = { gguf: "final_logit_softcapping", key: "final_logit_softcapping" };

/** No key says what scores are divided by. As llama.cpp: the largest model takes another width than that of its heads. */
function scoreWidth(own: GgufOwnKeys, layersOfLargest: number): unknown {
  const isLargest = own.get("block_count") === layersOfLargest;
  if (!isLargest) return own.get("attention.key_length") ?? 256;
  return Number(own.get("embedding_length")) / Number(own.get("attention.head_count"));
}

export const gemma: GgufTable = {
  architecture: "gemma",
  modelType: "gemma",
  names: [...llamaLikeMaps, ...nameRows(llamaLikeNorms, "plus-one")],
  config: configRows([headWidth]),
};

export const gemma2: GgufTable = {
  architecture: "gemma2",
  modelType: "gemma2",
  names: [...llamaLikeMaps, ...nameRows(gemmaNorms, "plus-one")],
  config: configRows([headWidth, window, finalCap, { gguf: "attn_logit_softcapping", key: "attn_logit_softcapping" }]),
  implied: (_, own) => ({ query_pre_attn_scalar: scoreWidth(own, 46) }),
};

export const gemma3: GgufTable = {
  architecture: "gemma3",
  modelType: "gemma3_text",
  names: [...llamaLikeMaps, ...nameRows([...gemmaNorms, ...queryKeyNorms], "plus-one")],
  config: configRows([headWidth, window, finalCap, { gguf: "rope.freq_base_swa", key: "rope_local_base_freq" }]),
  implied: (_, own) => ({ query_pre_attn_scalar: scoreWidth(own, 62) }),
};
