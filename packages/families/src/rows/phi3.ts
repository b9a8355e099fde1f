// Phi 3 (Abdin et al. 2024), as transformers' modeling_phi3.py names it: LLaMA whose query, key and value share a matrix,
// and so do gate and up.

import type { Family } from "../family.ts";
import {
  decoderClasses,
  decoderHeads,
  decoderNorms,
  decoderSizes,
  rotaryBuffers,
  tokenDropout,
} from "./decoder-rows.ts";

const linear = { bias: false, layout: "out-in" } as const;

export const phi3: Family = {
  modelType: "phi3",
  causal: true,
  basePrefix: "model",
  architectures: decoderClasses("Phi3", ["token-classification"]),
  config: {
    sizes: { ...decoderSizes, maxPositions: { keys: ["max_position_embeddings"], fallback: 4096 } },
    activation: { key: "hidden_act", fallback: "silu" },
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-5 },
    // transformers' Phi 3 has no dropout after the embedding, whatever embd_pdrop says.
    dropouts: {
      attention: { keys: ["attention_dropout"], fallback: 0 },
      residual: { keys: ["resid_pdrop"], fallback: 0 },
      classifier: tokenDropout,
    },
    tokenIds: { padding: 32_000 },
    tiedByDefault: false,
    rotary: {
      share: { key: "partial_rotary_factor", fallback: 1 },
      originalFallback: 4096,
      // As transformers' Phi 3: what its first files called "su", or "yarn", has always been LongRoPE.
      scalingAliases: { su: "longrope", yarn: "longrope" },
    },
    window: { size: { key: "sliding_window", fallback: null }, layers: "all" },
    fixed: [],
    harmless: ["embd_pdrop"],
  },
  embeddings: [{ path: "embed_tokens", role: "input-embedding", rows: "vocabulary" }],
  linears: [
    {
      path: "layers.{n}.self_attn.qkv_proj",
      role: "query-key-value",
      inFeatures: "hidden",
      outFeatures: "queries-keys-values",
      ...linear,
    },
    {
      path: "layers.{n}.self_attn.o_proj",
      role: "attention-output",
      inFeatures: "queries",
      outFeatures: "hidden",
      ...linear,
    },
    {
      path: "layers.{n}.mlp.gate_up_proj",
      role: "feed-forward-gate-up",
      inFeatures: "hidden",
      outFeatures: "double-intermediate",
      ...linear,
    },
    {
      path: "layers.{n}.mlp.down_proj",
      role: "feed-forward-down",
      inFeatures: "intermediate",
      outFeatures: "hidden",
      ...linear,
    },
  ],
  norms: decoderNorms,
  heads: decoderHeads("embed_tokens"),
  ignoredFileKeys: rotaryBuffers,
};
