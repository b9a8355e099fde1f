// LLaMA (Touvron et al. 2023), as transformers' modeling_llama.py names it, and its descendants that say "llama".

import { decoderClasses, decoderHeads, decoderSizes, likeLlama } from "../../shared/decoder-rows.ts";

/** The tables of `llama`. */
export const llama = likeLlama("llama", decoderClasses("Llama", ["token-classification", "question-answering"]), {
  config: {
    sizes: {
      ...decoderSizes,
      headSize: { keys: ["head_dim"] },
      maxPositions: { keys: ["max_position_embeddings"], fallback: 2048 },
    },
    switches: {
      attentionBias: { key: "attention_bias", fallback: false },
      feedForwardBias: { key: "mlp_bias", fallback: false },
    },
    // Tensor parallelism of the first training run: it only splits sums.
    harmless: ["pretraining_tp", "is_llama_config"],
  },
  heads: decoderHeads("embed_tokens", { questionPrefix: "transformer" }),
});
