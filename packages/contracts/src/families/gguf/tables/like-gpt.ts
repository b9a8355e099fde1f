// GPT-2, GPT-NeoX, BLOOM and Falcon in GGUF, whose queries, keys and values share a matrix.

import type { GgufNameRow, GgufTable } from "../gguf-table.ts";
import { configRows, layerNormEpsilon, nameRows } from "./shared-rows.ts";

const gpt2Maps = [
  ["blk.{n}.attn_qkv", "transformer.h.{n}.attn.c_attn"],
  ["blk.{n}.attn_output", "transformer.h.{n}.attn.c_proj"],
  ["blk.{n}.ffn_up", "transformer.h.{n}.mlp.c_fc"],
  ["blk.{n}.ffn_down", "transformer.h.{n}.mlp.c_proj"],
] as const;

export const gpt2: GgufTable = {
  architecture: "gpt2",
  modelType: "gpt2",
  names: [
    ...nameRows(gpt2Maps, "transposed"),
    ...nameRows([
      ["token_embd", "transformer.wte"],
      ["position_embd", "transformer.wpe"],
      ["blk.{n}.attn_norm", "transformer.h.{n}.ln_1"],
      ["blk.{n}.ffn_norm", "transformer.h.{n}.ln_2"],
      ["output_norm", "transformer.ln_f"],
      ["output", "lm_head"],
    ]),
  ],
  config: configRows(
    [
      { gguf: "embedding_length", key: "n_embd" },
      { gguf: "feed_forward_length", key: "n_inner" },
      { gguf: "block_count", key: "n_layer" },
      { gguf: "attention.head_count", key: "n_head" },
      { gguf: "context_length", key: "n_positions" },
      layerNormEpsilon("layer_norm_epsilon"),
    ],
    ["attention.head_count_kv", "rope.freq_base"],
  ),
};

/** The linear layers of a block, for families with these names. */
function jointRows(layer: string, attention: string): readonly GgufNameRow[] {
  return [
    ...nameRows([["blk.{n}.attn_qkv", `${layer}.${attention}.query_key_value`]], "apart"),
    ...nameRows([
      ["blk.{n}.attn_output", `${layer}.${attention}.dense`],
      ["blk.{n}.ffn_up", `${layer}.mlp.dense_h_to_4h`],
      ["blk.{n}.ffn_down", `${layer}.mlp.dense_4h_to_h`],
      ["output", "lm_head"],
    ]),
  ];
}

export const gptNeox: GgufTable = {
  architecture: "gptneox",
  modelType: "gpt_neox",
  needsHead: true,
  names: [
    ...jointRows("gpt_neox.layers.{n}", "attention"),
    ...nameRows([
      ["token_embd", "gpt_neox.embed_in"],
      ["blk.{n}.attn_norm", "gpt_neox.layers.{n}.input_layernorm"],
      ["blk.{n}.ffn_norm", "gpt_neox.layers.{n}.post_attention_layernorm"],
      ["output_norm", "gpt_neox.final_layer_norm"],
    ]),
  ],
  config: configRows(
    [
      layerNormEpsilon("layer_norm_eps"),
      { gguf: "use_parallel_residual", key: "use_parallel_residual" },
      { gguf: "rope.freq_base", key: "rotary_emb_base" },
    ],
    ["attention.head_count_kv"],
  ),
  rotaryShare: "rotary_pct",
};

export const bloom: GgufTable = {
  architecture: "bloom",
  modelType: "bloom",
  names: [
    ...jointRows("transformer.h.{n}", "self_attention"),
    ...nameRows([
      ["token_embd", "transformer.word_embeddings"],
      ["token_embd_norm", "transformer.word_embeddings_layernorm"],
      ["blk.{n}.attn_norm", "transformer.h.{n}.input_layernorm"],
      ["blk.{n}.ffn_norm", "transformer.h.{n}.post_attention_layernorm"],
      ["output_norm", "transformer.ln_f"],
    ]),
  ],
  config: configRows(
    [
      { gguf: "block_count", key: "n_layer" },
      { gguf: "attention.head_count", key: "n_head" },
      { gguf: "context_length", key: "seq_length" },
      layerNormEpsilon("layer_norm_epsilon"),
    ],
    ["attention.head_count_kv", "feed_forward_length", "rope.freq_base"],
  ),
};

const falconConfig = configRows([
  layerNormEpsilon("layer_norm_epsilon"),
  { gguf: "feed_forward_length", key: "ffn_hidden_size" },
  { gguf: "attention.head_count_kv", key: "num_kv_heads" },
]);
const falconRows = [
  ...jointRows("transformer.h.{n}", "self_attention"),
  ...nameRows([
    ["token_embd", "transformer.word_embeddings"],
    ["output_norm", "transformer.ln_f"],
  ]),
];

/** One key head for all queries, and one norm for both halves of a layer (7B). */
export const falcon: GgufTable = {
  architecture: "falcon",
  modelType: "falcon",
  names: [...falconRows, ...nameRows([["blk.{n}.attn_norm", "transformer.h.{n}.input_layernorm"]])],
  config: falconConfig,
  implied: () => ({ multi_query: true, new_decoder_architecture: false }),
};

/** Several key heads, and a norm for each half (40B). */
export const falconGrouped: GgufTable = {
  ...falcon,
  names: [
    ...falconRows,
    ...nameRows([
      ["blk.{n}.attn_norm", "transformer.h.{n}.ln_mlp"],
      ["blk.{n}.attn_norm_2", "transformer.h.{n}.ln_attn"],
    ]),
  ],
  implied: () => ({ new_decoder_architecture: true }),
};
