// Qwen 3 (Yang et al. 2025), as transformers' modeling_qwen3.py names it: LLaMA whose queries and keys are normalised
// head by head.

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

export const qwen3: Family = {
  modelType: "qwen3",
  causal: true,
  basePrefix: "model",
  architectures: decoderClasses("Qwen3", ["token-classification", "question-answering"]),
  config: {
    sizes: {
      ...decoderSizes,
      headSize: { keys: ["head_dim"], fallback: 128 },
      maxPositions: { keys: ["max_position_embeddings"], fallback: 32_768 },
    },
    activation: { key: "hidden_act", fallback: "silu" },
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-6 },
    dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 }, classifier: tokenDropout },
    tiedByDefault: false,
    rotary: true,
    switches: { attentionBias: { key: "attention_bias", fallback: false } },
    window: {
      size: { key: "sliding_window", fallback: 4096 },
      enabledBy: "use_sliding_window",
      layers: { from: "max_window_layers", fallback: 28 },
    },
    harmless: ["max_window_layers"],
  },
  embeddings: [{ path: "embed_tokens", rows: "vocabulary" }],
  linears: [...separateAttention("attentionBias"), ...gatedFeedForward(false)],
  norms: [
    { path: "layers.{n}.self_attn.q_norm", kind: "root-mean-square", width: "head" },
    { path: "layers.{n}.self_attn.k_norm", kind: "root-mean-square", width: "head" },
    ...decoderNorms,
  ],
  heads: decoderHeads("embed_tokens", { questionPrefix: "transformer" }),
  ignoredFileKeys: rotaryBuffers,
};
