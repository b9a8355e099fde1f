// Gemma (Gemma Team 2024), as transformers' modeling_gemma.py names it: LLaMA with scaled embeddings, gains stored as
// gain − 1, and wide heads.

import { decoderClasses, decoderNorms, decoderSizes, likeLlama } from "../../shared/decoder-rows.ts";

/** The tables of `gemma`. */
export const gemma = likeLlama("gemma", decoderClasses("Gemma", ["token-classification"]), {
  config: {
    sizes: {
      ...decoderSizes,
      keyValueHeads: { keys: ["num_key_value_heads"], fallback: 16 },
      headSize: { keys: ["head_dim"], fallback: 256 },
      maxPositions: { keys: ["max_position_embeddings"], fallback: 8192 },
    },
    // The official files say "gelu" and mean the approximation.
    activation: { key: "hidden_act", fallback: "gelu_pytorch_tanh", aliases: { gelu: "gelu_pytorch_tanh" } },
    tokenIds: { padding: 0 },
    tiedByDefault: true,
    switches: { attentionBias: { key: "attention_bias", fallback: false } },
    fixed: [
      // An older spelling of hidden_act, which transformers 5 does not read.
      { key: "hidden_activation", values: [null, "gelu_pytorch_tanh"], effect: "it names another activation" },
    ],
  },
  embeddings: [{ path: "embed_tokens", rows: "vocabulary", scale: "root-of-hidden" }],
  norms: decoderNorms.map((row) => ({ ...row, gainOffset: 1 })),
});
