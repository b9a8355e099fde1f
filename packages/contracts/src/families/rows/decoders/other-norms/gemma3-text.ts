// Gemma 3's text model (Gemma Team 2025), as transformers' modeling_gemma3.py names it: Gemma 2 without bounds, with norms
// of queries and keys, a whole view in every sixth layer only, and slower rotations there.

import { attentionBias, decoderSizes, likeLlama, textPart } from "../../shared/decoder-rows.ts";

const norm = { kind: "root-mean-square", gainOffset: 1 } as const;

/** The tables of `gemma3_text`. */
export const gemma3Text = likeLlama(
  "gemma3_text",
  new Map([
    ["Gemma3ForCausalLM", "causal-lm"],
    ["Gemma3TextForSequenceClassification", "sequence-classification"],
    ["Gemma3TextModel", "feature-extraction"],
  ]),
  {
    config: {
      sizes: decoderSizes({ keyValueHeads: 4, headSize: 256, maxPositions: 131_072 }),
      activation: { key: "hidden_activation", fallback: "gelu_pytorch_tanh" },
      dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 } },
      tokenIds: { padding: 0 },
      tiedByDefault: true,
      rotary: { thetaFallback: 1_000_000, local: { key: "rope_local_base_freq", fallback: 10_000 } },
      switches: {
        ...attentionBias,
        reversedSight: { key: "use_bidirectional_attention", fallback: false },
      },
      scalars: {
        logitCap: { key: "final_logit_softcapping", fallback: null },
        scoreWidth: { key: "query_pre_attn_scalar", fallback: 256 },
      },
      window: {
        size: { key: "sliding_window", fallback: 4096 },
        layers: { exceptEvery: "sliding_window_pattern", fallback: 6 },
      },
      // The file counts the keys on both sides of a query, transformers those on one side and the query itself.
      derive: (config) => {
        if (!config.switches.reversedSight) return config;
        return { ...config, windows: config.windows.map((size) => size && (size >> 1) + 1) };
      },
      // transformers reads the bound of scores and computes without it.
      harmless: ["attn_logit_softcapping", "cache_implementation", "sliding_window_pattern", "_sliding_window_pattern"],
    },
    embeddings: [{ path: "embed_tokens", rows: "vocabulary", scale: "root-of-hidden" }],
    norms: [
      { path: "layers.{n}.self_attn.q_norm", width: "head", ...norm },
      { path: "layers.{n}.self_attn.k_norm", width: "head", ...norm },
      { path: "layers.{n}.input_layernorm", ...norm },
      { path: "layers.{n}.post_attention_layernorm", ...norm },
      { path: "layers.{n}.pre_feedforward_layernorm", ...norm },
      { path: "layers.{n}.post_feedforward_layernorm", ...norm },
      { path: "norm", ...norm },
    ],
  },
);

/** The tables of `gemma3`. The files on the Hub say what differs from the usual sizes alone. */
export const gemma3 = textPart(gemma3Text, {
  modelType: "gemma3",
  name: "Gemma3ForConditionalGeneration",
  usual: { hidden: 2304, intermediate: 9216, layers: 26, heads: 8, vocabulary: 262_208 },
  config: {
    harmless: [
      ...["mm_tokens_per_image", "image_token_index", "image_token_id"],
      ...["boi_token_index", "boi_token_id", "eoi_token_index", "eoi_token_id"],
    ],
  },
  otherPrefixes: ["language_model.model"],
  ignoredFileParts: ["vision_tower.", "multi_modal_projector."],
  fileSpellings: [{ file: "language_model.lm_head.weight", path: "lm_head.weight" }],
});
