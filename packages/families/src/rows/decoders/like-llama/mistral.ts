// Mistral (Jiang et al. 2023), as transformers' modeling_mistral.py names it: LLaMA whose attention looks back a limited way.

import type { Family } from "../../../family.ts";
import {
  decoderClasses,
  decoderHeads,
  decoderNorms,
  decoderSizes,
  gatedFeedForward,
  rotaryBuffers,
  separateAttention,
  tokenDropout,
} from "../../shared/decoder-rows.ts";

export const mistral: Family = {
  modelType: "mistral",
  causal: true,
  basePrefix: "model",
  architectures: decoderClasses("Mistral", ["token-classification", "question-answering"]),
  config: {
    sizes: {
      ...decoderSizes,
      keyValueHeads: { keys: ["num_key_value_heads"], fallback: 8 },
      headSize: { keys: ["head_dim"] },
      maxPositions: { keys: ["max_position_embeddings"], fallback: 131_072 },
    },
    activation: { key: "hidden_act", fallback: "silu" },
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-6 },
    dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 }, classifier: tokenDropout },
    tiedByDefault: false,
    rotary: true,
    window: { size: { key: "sliding_window", fallback: 4096 }, layers: "all" },
    fixed: [{ key: "layer_types", values: [null], effect: "Mistral has one kind of layer; Ministral has several" }],
  },
  embeddings: [{ path: "embed_tokens", rows: "vocabulary" }],
  linears: [...separateAttention(false), ...gatedFeedForward(false)],
  norms: decoderNorms,
  heads: decoderHeads("embed_tokens"),
  ignoredFileKeys: rotaryBuffers,
};
