// Gemma 2 (Gemma Team 2024), as transformers' modeling_gemma2.py names it: Gemma with bounded scores and logits, norms
// around each half of a layer, and a window in every second layer.

import type { Family } from "../../../family.ts";
import {
  decoderClasses,
  decoderHeads,
  decoderSizes,
  gatedFeedForward,
  rotaryBuffers,
  separateAttention,
  tokenDropout,
} from "../../shared/decoder-rows.ts";

const norm = { kind: "root-mean-square", gainOffset: 1 } as const;

export const gemma2: Family = {
  modelType: "gemma2",
  causal: true,
  basePrefix: "model",
  architectures: decoderClasses("Gemma2", ["token-classification"]),
  config: {
    sizes: {
      ...decoderSizes,
      keyValueHeads: { keys: ["num_key_value_heads"], fallback: 4 },
      headSize: { keys: ["head_dim"], fallback: 256 },
      maxPositions: { keys: ["max_position_embeddings"], fallback: 8192 },
    },
    activation: { key: "hidden_activation", fallback: "gelu_pytorch_tanh" },
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-6 },
    dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 }, classifier: tokenDropout },
    tokenIds: { padding: 0 },
    tiedByDefault: true,
    rotary: true,
    switches: { attentionBias: { key: "attention_bias", fallback: false } },
    scalars: {
      scoreCap: { key: "attn_logit_softcapping", fallback: 50 },
      logitCap: { key: "final_logit_softcapping", fallback: 30 },
      scoreWidth: { key: "query_pre_attn_scalar", fallback: 256 },
    },
    window: { size: { key: "sliding_window", fallback: 4096 }, layers: "alternating" },
    // Older files repeat the activation here (unused), and say how the cache is kept.
    harmless: ["hidden_act", "cache_implementation"],
  },
  embeddings: [{ path: "embed_tokens", rows: "vocabulary", scale: "root-of-hidden" }],
  linears: [...separateAttention("attentionBias"), ...gatedFeedForward(false)],
  norms: [
    { path: "layers.{n}.input_layernorm", ...norm },
    { path: "layers.{n}.post_attention_layernorm", ...norm },
    { path: "layers.{n}.pre_feedforward_layernorm", ...norm },
    { path: "layers.{n}.post_feedforward_layernorm", ...norm },
    { path: "norm", ...norm },
  ],
  heads: decoderHeads("embed_tokens"),
  ignoredFileKeys: rotaryBuffers,
};
