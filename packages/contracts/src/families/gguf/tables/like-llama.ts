// LLaMA and its relatives in GGUF: Gemma, Phi, Qwen, Mistral, Granite, StarCoder 2, OLMo, EXAONE, Cohere 2, GLM-4 and StableLM.

import type { GgufFields, GgufTable } from "../gguf-table.ts";
import {
  configRows,
  headWidth,
  layerNormEpsilon,
  llamaLikeMaps,
  llamaLikeNorms,
  nameRows,
  queryKeyNorms,
  window,
} from "./shared-rows.ts";

// Gemma 1, 2 and 3 (text) in GGUF: gains are stored as factors, which are transformers' values plus 1.

const gemmaNorms = [
  ["blk.{n}.attn_norm", "model.layers.{n}.input_layernorm"],
  ["blk.{n}.post_attention_norm", "model.layers.{n}.post_attention_layernorm"],
  ["blk.{n}.ffn_norm", "model.layers.{n}.pre_feedforward_layernorm"],
  ["blk.{n}.post_ffw_norm", "model.layers.{n}.post_feedforward_layernorm"],
  ["output_norm", "model.norm"],
] as const;
const finalCap = { gguf: "final_logit_softcapping", key: "final_logit_softcapping" };

/** The width whose root divides scores. As in llama.cpp, it is that of the heads, but not in the largest model. */
function scoreWidth(fields: GgufFields, layersOfLargest: number): unknown {
  const isLargest = fields.get("block_count") === layersOfLargest;
  if (!isLargest) return fields.get("attention.key_length") ?? 256;
  return Number(fields.get("embedding_length")) / Number(fields.get("attention.head_count"));
}

/** llama.cpp's first two Gemmas have no head but the embedding. */
const tiedMaps = llamaLikeMaps.filter(({ gguf }) => gguf !== "output");

export const gemma: GgufTable = {
  architecture: "gemma",
  modelType: "gemma",
  names: [...tiedMaps, ...nameRows(llamaLikeNorms, "plus-one")],
  config: configRows([headWidth]),
};

export const gemma2: GgufTable = {
  architecture: "gemma2",
  modelType: "gemma2",
  computesWindows: true,
  names: [...tiedMaps, ...nameRows(gemmaNorms, "plus-one")],
  config: configRows([headWidth, window, finalCap, { gguf: "attn_logit_softcapping", key: "attn_logit_softcapping" }]),
  implied: (_, fields) => ({ query_pre_attn_scalar: scoreWidth(fields, 46) }),
};

export const gemma3: GgufTable = {
  architecture: "gemma3",
  modelType: "gemma3_text",
  computesWindows: true,
  names: [...llamaLikeMaps, ...nameRows([...gemmaNorms, ...queryKeyNorms], "plus-one")],
  config: configRows([headWidth, window, finalCap, { gguf: "rope.freq_base_swa", key: "rope_local_base_freq" }]),
  implied: (_, fields) => ({ query_pre_attn_scalar: scoreWidth(fields, 62) }),
};

const sharedNames = new Set(["token_embd", "output", "blk.{n}.attn_q", "blk.{n}.attn_k", "blk.{n}.attn_v"]);

/** llama.cpp reads no norms of queries and keys (`qk_layernorm`). */
export const phi2: GgufTable = {
  architecture: "phi2",
  modelType: "phi",
  needsHead: true,
  names: [
    ...llamaLikeMaps.filter(({ gguf }) => sharedNames.has(gguf)),
    ...nameRows([
      ["blk.{n}.attn_output", "model.layers.{n}.self_attn.dense"],
      ["blk.{n}.ffn_up", "model.layers.{n}.mlp.fc1"],
      ["blk.{n}.ffn_down", "model.layers.{n}.mlp.fc2"],
      ["blk.{n}.attn_norm", "model.layers.{n}.input_layernorm"],
      ["output_norm", "model.final_layernorm"],
    ]),
  ],
  config: configRows([layerNormEpsilon("layer_norm_eps")]),
  rotaryShare: "partial_rotary_factor",
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

export const qwen2: GgufTable = {
  architecture: "qwen2",
  modelType: "qwen2",
  names: [...llamaLikeMaps, ...nameRows(llamaLikeNorms)],
  config: configRows([]),
};

export const qwen3: GgufTable = {
  ...qwen2,
  architecture: "qwen3",
  modelType: "qwen3",
  names: [...qwen2.names, ...nameRows(queryKeyNorms)],
  config: configRows([headWidth]),
  implied: (tensorNames) => ({ attention_bias: tensorNames.has("blk.0.attn_q.bias") }),
};

// LLaMA in GGUF, as llama.cpp's convert_hf_to_gguf.py writes it. Files of Mistral have the architecture "llama", too.
// They are computed as LLaMA, which is the same unless they have a sliding window.

const pairedQueries = nameRows([["blk.{n}.attn_q", "model.layers.{n}.self_attn.q_proj"]], "pairs-of-heads");
const pairedKeys = nameRows([["blk.{n}.attn_k", "model.layers.{n}.self_attn.k_proj"]], "pairs-of-key-heads");
const isPaired = new Set([...pairedQueries, ...pairedKeys].map(({ gguf }) => gguf));

export const llama: GgufTable = {
  architecture: "llama",
  modelType: "llama",
  names: [
    ...llamaLikeMaps.filter(({ gguf }) => !isPaired.has(gguf)),
    ...pairedQueries,
    ...pairedKeys,
    ...nameRows(llamaLikeNorms),
  ],
  config: configRows([headWidth]),
  implied: (tensorNames) => ({
    attention_bias: tensorNames.has("blk.0.attn_q.bias"),
    mlp_bias: tensorNames.has("blk.0.ffn_up.bias"),
  }),
};

/** llama.cpp reads no biases and leaves every fourth layer without rotation, which are the family's defaults. */
export const smollm3: GgufTable = { ...llama, architecture: "smollm3", modelType: "smollm3", implied: () => ({}) };

/** llama.cpp's factor of scores without the key. */
function rootOfHead(fields: GgufFields): number {
  return Math.sqrt(Number(fields.get("attention.head_count")) / Number(fields.get("embedding_length")));
}

export const granite: GgufTable = {
  ...llama,
  architecture: "granite",
  modelType: "granite",
  config: configRows([
    { gguf: "attention.scale", key: "attention_multiplier" },
    { gguf: "embedding_scale", key: "embedding_multiplier" },
    { gguf: "residual_scale", key: "residual_multiplier" },
    { gguf: "logit_scale", key: "logits_scaling" },
  ]),
  // llama.cpp uses this key as the switch of rotation.
  needs: () => ({ "rope.scaling.finetuned": true }),
  implied: (tensorNames, fields) => ({
    ...llama.implied?.(tensorNames, fields),
    ...(fields.get("attention.scale") ? {} : { attention_multiplier: rootOfHead(fields) }),
  }),
};

export const exaone: GgufTable = {
  ...qwen2,
  architecture: "exaone",
  modelType: "exaone",
  config: configRows([headWidth]),
};

/** Norms have no weights, and llama.cpp's epsilon of them is transformers' constant. */
export const olmo: GgufTable = {
  ...llama,
  architecture: "olmo",
  modelType: "olmo",
  names: llama.names.filter(({ gguf }) => !gguf.endsWith("_norm")),
  config: configRows([], ["attention.layer_norm_rms_epsilon"]),
  needs: () => ({ "attention.layer_norm_epsilon": Math.fround(1e-5) }),
  implied: () => ({}),
};

export const mistral: GgufTable = {
  architecture: llama.architecture,
  modelType: "mistral",
  names: llama.names,
  config: configRows([headWidth, window]),
};

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
  // llama.cpp does not load a file without biases.
  implied: () => ({ use_bias: true }),
};

export const olmo2: GgufTable = {
  architecture: "olmo2",
  modelType: "olmo2",
  needsHead: true,
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

/** OLMo 2 with windows, except in every fourth layer. Layers with windows have no scaled rotation. */
export const olmo3: GgufTable = {
  ...olmo2,
  modelType: "olmo3",
  computesWindows: true,
  config: configRows([window]),
  implied: (_, fields) => ({
    rope_parameters: { sliding_attention: { rope_type: "default", rope_theta: fields.get("rope.freq_base") } },
  }),
};

/** llama.cpp has windows only in models of 64 layers: there, layers without a window do not rotate. Heads have the usual width. */
export const exaone4: GgufTable = {
  architecture: "exaone4",
  modelType: "exaone4",
  computesWindows: true,
  names: olmo2.names,
  config: configRows([window]),
  needs: (fields): Record<string, unknown> => (hasWindows(fields) ? {} : { "attention.sliding_window": 0 }),
  implied: (_, fields) => (hasWindows(fields) ? {} : { sliding_window: null }),
};

function hasWindows(fields: GgufFields): boolean {
  return fields.get("block_count") === 64;
}

export const cohere2: GgufTable = {
  architecture: "cohere2",
  modelType: "cohere2",
  computesWindows: true,
  // Both halves of a layer have one norm. The head is the embedding.
  names: [...tiedMaps, ...nameRows(llamaLikeNorms.filter(([gguf]) => gguf !== "blk.{n}.ffn_norm"))],
  config: configRows([layerNormEpsilon("layer_norm_eps"), window, { gguf: "logit_scale", key: "logit_scale" }]),
};

export const glm4: GgufTable = {
  architecture: "glm4",
  modelType: "glm4",
  names: [
    ...llamaLikeMaps.filter(({ gguf }) => !gguf.endsWith("ffn_gate") && !gguf.endsWith("ffn_up")),
    ...nameRows([
      ["blk.{n}.ffn_up", "model.layers.{n}.mlp.gate_up_proj"],
      ["blk.{n}.attn_norm", "model.layers.{n}.input_layernorm"],
      ["blk.{n}.post_attention_norm", "model.layers.{n}.post_self_attn_layernorm"],
      ["blk.{n}.ffn_norm", "model.layers.{n}.post_attention_layernorm"],
      ["blk.{n}.post_ffw_norm", "model.layers.{n}.post_mlp_layernorm"],
      ["output_norm", "model.norm"],
    ]),
  ],
  config: configRows([headWidth]),
  rotaryShare: "partial_rotary_factor",
  implied: (tensorNames) => ({ attention_bias: tensorNames.has("blk.0.attn_q.bias") }),
};

export const stablelm: GgufTable = {
  architecture: "stablelm",
  modelType: "stablelm",
  needsHead: true,
  names: [...llamaLikeMaps, ...nameRows(llamaLikeNorms)],
  config: configRows([
    layerNormEpsilon("layer_norm_eps"),
    { gguf: "use_parallel_residual", key: "use_parallel_residual" },
  ]),
  rotaryShare: "partial_rotary_factor",
  implied: (tensorNames) => ({
    use_qkv_bias: tensorNames.has("blk.0.attn_q.bias"),
    // The metadata's default is true; llama.cpp, too, decides by the presence of the feed-forward's norm.
    use_parallel_residual: !tensorNames.has("blk.0.ffn_norm.weight"),
  }),
};
