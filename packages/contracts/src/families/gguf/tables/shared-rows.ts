// Rows that GGUF's architectures share: tensor names of llama.cpp, and metadata keys.

import type { GgufChange, GgufConfigRow, GgufNameRow } from "../gguf-table.ts";

export function nameRows(
  names: readonly (readonly [gguf: string, path: string])[],
  change?: GgufChange,
): readonly GgufNameRow[] {
  return names.map(([gguf, path]) => (change === undefined ? { gguf, path } : { gguf, path, change }));
}

/** LLaMA's modules without norms; queries and keys are not reordered. */
export const llamaLikeMaps: readonly GgufNameRow[] = nameRows([
  ["token_embd", "model.embed_tokens"],
  ["blk.{n}.attn_q", "model.layers.{n}.self_attn.q_proj"],
  ["blk.{n}.attn_k", "model.layers.{n}.self_attn.k_proj"],
  ["blk.{n}.attn_v", "model.layers.{n}.self_attn.v_proj"],
  ["blk.{n}.attn_output", "model.layers.{n}.self_attn.o_proj"],
  ["blk.{n}.ffn_gate", "model.layers.{n}.mlp.gate_proj"],
  ["blk.{n}.ffn_up", "model.layers.{n}.mlp.up_proj"],
  ["blk.{n}.ffn_down", "model.layers.{n}.mlp.down_proj"],
  ["output", "lm_head"],
]);

export const llamaLikeNorms: readonly (readonly [gguf: string, path: string])[] = [
  ["blk.{n}.attn_norm", "model.layers.{n}.input_layernorm"],
  ["blk.{n}.ffn_norm", "model.layers.{n}.post_attention_layernorm"],
  ["output_norm", "model.norm"],
];

export const queryKeyNorms: readonly (readonly [gguf: string, path: string])[] = [
  ["blk.{n}.attn_q_norm", "model.layers.{n}.self_attn.q_norm"],
  ["blk.{n}.attn_k_norm", "model.layers.{n}.self_attn.k_norm"],
];

/** Sizes and rotations of nearly all architectures. */
const commonConfig: readonly GgufConfigRow[] = [
  { gguf: "vocab_size", key: "vocab_size" },
  { gguf: "embedding_length", key: "hidden_size" },
  { gguf: "feed_forward_length", key: "intermediate_size" },
  { gguf: "block_count", key: "num_hidden_layers" },
  { gguf: "attention.head_count", key: "num_attention_heads" },
  { gguf: "attention.head_count_kv", key: "num_key_value_heads" },
  { gguf: "attention.layer_norm_rms_epsilon", key: "rms_norm_eps" },
  { gguf: "context_length", key: "max_position_embeddings" },
  { gguf: "rope.freq_base", key: "rope_theta" },
];

/** The width of a head, for families whose configuration may set it. */
export const headWidth: GgufConfigRow = { gguf: "attention.key_length", key: "head_dim" };
export const window: GgufConfigRow = { gguf: "attention.sliding_window", key: "sliding_window" };

/** The common keys, with some replaced. */
export function configRows(
  others: readonly GgufConfigRow[],
  without: readonly string[] = [],
): readonly GgufConfigRow[] {
  const replaced = new Set([...others.map(({ gguf }) => gguf), ...without]);
  return [...commonConfig.filter(({ gguf }) => !replaced.has(gguf)), ...others];
}

/** config.json's key for the epsilon of layer norms. */
export function layerNormEpsilon(key: string): GgufConfigRow {
  return { gguf: "attention.layer_norm_epsilon", key };
}
