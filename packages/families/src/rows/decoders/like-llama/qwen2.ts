// Qwen 2 and 2.5 (Yang et al. 2024), as transformers' modeling_qwen2.py names them: LLaMA with biases on query, key and
// value, and a window in the upper layers if it is switched on.

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

export const qwen2: Family = {
  modelType: "qwen2",
  causal: true,
  basePrefix: "model",
  architectures: decoderClasses("Qwen2", ["token-classification", "question-answering"]),
  config: {
    sizes: {
      ...decoderSizes,
      headSize: { keys: ["head_dim"] },
      maxPositions: { keys: ["max_position_embeddings"], fallback: 32_768 },
    },
    activation: { key: "hidden_act", fallback: "silu" },
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-6 },
    dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 }, classifier: tokenDropout },
    tiedByDefault: false,
    rotary: true,
    window: {
      size: { key: "sliding_window", fallback: 4096 },
      enabledBy: "use_sliding_window",
      layers: { from: "max_window_layers", fallback: 28 },
    },
    harmless: ["max_window_layers"],
  },
  embeddings: [{ path: "embed_tokens", rows: "vocabulary" }],
  linears: [...separateAttention(true, { bias: false }), ...gatedFeedForward(false)],
  norms: decoderNorms,
  heads: decoderHeads("embed_tokens", { questionPrefix: "transformer" }),
  ignoredFileKeys: rotaryBuffers,
};
