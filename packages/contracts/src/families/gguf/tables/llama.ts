// LLaMA in GGUF, as llama.cpp's convert_hf_to_gguf.py writes it. Files of Mistral say "llama", too: computed as LLaMA, which
// is the same, unless they say how far back attention looks.

import type { GgufTable } from "../gguf-table.ts";
import { configRows, headWidth, llamaLikeMaps, llamaLikeNorms, nameRows, window } from "./shared-rows.ts";

const paired = nameRows([["blk.{n}.attn_q", "model.layers.{n}.self_attn.q_proj"]], "pairs-of-heads");
const pairedKeys = nameRows([["blk.{n}.attn_k", "model.layers.{n}.self_attn.k_proj"]], "pairs-of-key-heads");
const isPaired = new Set([...paired, ...pairedKeys].map(({ gguf }) => gguf));

export const llama: GgufTable = {
  architecture: "llama",
  modelType: "llama",
  names: [
    ...llamaLikeMaps.filter(({ gguf }) => !isPaired.has(gguf)),
    ...paired,
    ...pairedKeys,
    ...nameRows(llamaLikeNorms),
  ],
  config: configRows([headWidth]),
  implied: (tensorNames) => ({
    attention_bias: tensorNames.has("blk.0.attn_q.bias"),
    mlp_bias: tensorNames.has("blk.0.ffn_up.bias"),
  }),
};

export const mistral: GgufTable = {
  architecture: llama.architecture,
  modelType: "mistral",
  names: llama.names,
  config: configRows([headWidth, window]),
};
