// Granite (Granite Team 2024), as transformers' modeling_granite.py names it: LLaMA with four numbers that embeddings, scores,
// halves of layers and logits are scaled by.

import { decoderSizes, languageModelClasses, likeLlama, linearBiases } from "../../shared/decoder-rows.ts";

/** The tables of `granite`. */
export const granite = likeLlama("granite", languageModelClasses("Granite"), {
  config: {
    sizes: decoderSizes({ maxPositions: 2048 }),
    dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 } },
    switches: linearBiases,
    scalars: {
      embeddingScale: { key: "embedding_multiplier", fallback: 1 },
      scoreScale: { key: "attention_multiplier", fallback: 1 },
      residualScale: { key: "residual_multiplier", fallback: 1 },
      logitScale: { key: "logits_scaling", fallback: 1, isDivisor: true },
    },
  },
  embeddings: [{ path: "embed_tokens", rows: "vocabulary", scale: "embedding-scale" }],
});
