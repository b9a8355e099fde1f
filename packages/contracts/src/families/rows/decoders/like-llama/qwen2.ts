// Qwen 2 and 2.5 (Yang et al. 2024), as transformers' modeling_qwen2.py names them: LLaMA with biases on query, key and
// value, and a window in the upper layers if it is switched on.

import {
  attentionBias,
  decoderClasses,
  decoderHeads,
  decoderNorms,
  decoderSizes,
  gatedFeedForward,
  likeLlama,
  separateAttention,
} from "../../shared/decoder-rows.ts";

const upperWindows = {
  window: {
    size: { key: "sliding_window", fallback: 4096 },
    enabledBy: "use_sliding_window",
    layers: { from: "max_window_layers", fallback: 28 },
  },
  ignored: ["max_window_layers"],
} as const;

/** The tables of `qwen3`. */
export const qwen3 = likeLlama("qwen3", decoderClasses("Qwen3", ["token-classification", "question-answering"]), {
  config: {
    sizes: decoderSizes({ headSize: 128, maxPositions: 32_768 }),
    switches: attentionBias,
    ...upperWindows,
  },
  norms: [
    { path: "layers.{n}.self_attn.q_norm", kind: "root-mean-square", width: "head" },
    { path: "layers.{n}.self_attn.k_norm", kind: "root-mean-square", width: "head" },
    ...decoderNorms,
  ],
  heads: decoderHeads("embed_tokens", { questionPrefix: "transformer" }),
});

/** The tables of `qwen2`. */
export const qwen2 = likeLlama("qwen2", decoderClasses("Qwen2", ["token-classification", "question-answering"]), {
  config: {
    sizes: decoderSizes({ headSize: null, maxPositions: 32_768 }),
    ...upperWindows,
  },
  linears: [...separateAttention(true, { bias: false }), ...gatedFeedForward(false)],
  heads: decoderHeads("embed_tokens", { questionPrefix: "transformer" }),
});
