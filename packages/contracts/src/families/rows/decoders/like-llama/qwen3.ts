// Qwen 3 (Yang et al. 2025), as transformers' modeling_qwen3.py names it: LLaMA whose queries and keys are normalised
// head by head.

import { decoderClasses, decoderHeads, decoderNorms, decoderSizes, likeLlama } from "../../shared/decoder-rows.ts";

/** The tables of `qwen3`. */
export const qwen3 = likeLlama("qwen3", decoderClasses("Qwen3", ["token-classification", "question-answering"]), {
  config: {
    sizes: {
      ...decoderSizes,
      headSize: { keys: ["head_dim"], fallback: 128 },
      maxPositions: { keys: ["max_position_embeddings"], fallback: 32_768 },
    },
    switches: { attentionBias: { key: "attention_bias", fallback: false } },
    window: {
      size: { key: "sliding_window", fallback: 4096 },
      enabledBy: "use_sliding_window",
      layers: { from: "max_window_layers", fallback: 28 },
    },
    harmless: ["max_window_layers"],
  },
  norms: [
    { path: "layers.{n}.self_attn.q_norm", kind: "root-mean-square", width: "head" },
    { path: "layers.{n}.self_attn.k_norm", kind: "root-mean-square", width: "head" },
    ...decoderNorms,
  ],
  heads: decoderHeads("embed_tokens", { questionPrefix: "transformer" }),
});
