// OLMo (Groeneveld et al. 2024), as transformers' modeling_olmo.py names it: LLaMA with layer norms that have no weights.

import { decoderClasses, decoderSizes, likeLlama } from "../../shared/decoder-rows.ts";

/** The tables of `olmo`. */
export const olmo = likeLlama("olmo", decoderClasses("Olmo"), {
  config: {
    sizes: { ...decoderSizes, maxPositions: { keys: ["max_position_embeddings"], fallback: 2048 } },
    normEpsilon: { fallback: 1e-5 },
    dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 } },
    tokenIds: { padding: 1 },
    switches: { attentionBias: { key: "attention_bias", fallback: false } },
  },
  norms: [],
});
