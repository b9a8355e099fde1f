// LLaMA (Touvron et al. 2023), as transformers' modeling_llama.py names it, and its descendants that say "llama".

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

export const llama: Family = {
  modelType: "llama",
  causal: true,
  basePrefix: "model",
  architectures: decoderClasses("Llama", ["token-classification", "question-answering"]),
  config: {
    sizes: {
      ...decoderSizes,
      headSize: { keys: ["head_dim"] },
      maxPositions: { keys: ["max_position_embeddings"], fallback: 2048 },
    },
    activation: { key: "hidden_act", fallback: "silu" },
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-6 },
    dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 }, classifier: tokenDropout },
    tiedByDefault: false,
    rotary: true,
    switches: {
      attentionBias: { key: "attention_bias", fallback: false },
      feedForwardBias: { key: "mlp_bias", fallback: false },
    },
    // Tensor parallelism of the first training run: it only splits sums.
    harmless: ["pretraining_tp", "is_llama_config"],
  },
  embeddings: [{ path: "embed_tokens", rows: "vocabulary" }],
  linears: [...separateAttention("attentionBias"), ...gatedFeedForward("feedForwardBias")],
  norms: decoderNorms,
  heads: decoderHeads("embed_tokens", { questionPrefix: "transformer" }),
  ignoredFileKeys: rotaryBuffers,
};
