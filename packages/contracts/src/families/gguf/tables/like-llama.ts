// StarCoder 2, OLMo 2 and StableLM in GGUF.

import type { GgufTable } from "../gguf-table.ts";
import {
  configRows,
  layerNormEpsilon,
  llamaLikeMaps,
  llamaLikeNorms,
  nameRows,
  queryKeyNorms,
  window,
} from "./shared-rows.ts";

export const starcoder2: GgufTable = {
  architecture: "starcoder2",
  modelType: "starcoder2",
  names: [
    ...llamaLikeMaps.filter(({ gguf }) => !gguf.includes(".ffn_")),
    ...nameRows([
      ["blk.{n}.ffn_up", "model.layers.{n}.mlp.c_fc"],
      ["blk.{n}.ffn_down", "model.layers.{n}.mlp.c_proj"],
      ...llamaLikeNorms,
    ]),
  ],
  config: configRows([layerNormEpsilon("norm_epsilon"), window]),
  implied: (tensorNames) => ({ use_bias: tensorNames.has("blk.0.attn_q.bias") }),
};

export const olmo2: GgufTable = {
  architecture: "olmo2",
  modelType: "olmo2",
  names: [
    ...llamaLikeMaps,
    ...nameRows([
      ...queryKeyNorms,
      ["blk.{n}.post_attention_norm", "model.layers.{n}.post_attention_layernorm"],
      ["blk.{n}.post_ffw_norm", "model.layers.{n}.post_feedforward_layernorm"],
      ["output_norm", "model.norm"],
    ]),
  ],
  config: configRows([]),
};

export const stablelm: GgufTable = {
  architecture: "stablelm",
  modelType: "stablelm",
  names: [...llamaLikeMaps, ...nameRows(llamaLikeNorms)],
  config: configRows([
    layerNormEpsilon("layer_norm_eps"),
    { gguf: "use_parallel_residual", key: "use_parallel_residual" },
  ]),
  rotaryShare: "partial_rotary_factor",
  implied: (tensorNames) => ({
    use_qkv_bias: tensorNames.has("blk.0.attn_q.bias"),
    // The metadata say true by default; llama.cpp, too, goes by the norm in front of the feed-forward.
    use_parallel_residual: !tensorNames.has("blk.0.ffn_norm.weight"),
  }),
};
