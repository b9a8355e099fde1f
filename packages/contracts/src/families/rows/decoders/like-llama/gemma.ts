// Gemma and Gemma 2 (Gemma Team 2024), as transformers names them: LLaMA with scaled embeddings, gains stored as gain − 1, and wide
// heads. Gemma 2 also has norms after each sublayer, soft caps of scores and logits, and a sliding window in every second layer.

import { attentionBias, decoderClasses, decoderNorms, decoderSizes, likeLlama } from "../../shared/decoder-rows.ts";

const norm = { kind: "root-mean-square", gainOffset: 1 } as const;

/** The tables of `gemma2`. */
export const gemma2 = likeLlama("gemma2", decoderClasses("Gemma2", ["token-classification"]), {
  config: {
    sizes: decoderSizes({ keyValueHeads: 4, headSize: 256, maxPositions: 8192 }),
    activation: { key: "hidden_activation", fallback: "gelu_pytorch_tanh" },
    tokenIds: { padding: 0 },
    tiedByDefault: true,
    switches: attentionBias,
    scalars: {
      scoreCap: { key: "attn_logit_softcapping", fallback: 50 },
      logitCap: { key: "final_logit_softcapping", fallback: 30 },
      scoreWidth: { key: "query_pre_attn_scalar", fallback: 256 }, // scores are divided by its root
    },
    window: { size: { key: "sliding_window", fallback: 4096 }, layers: "alternating" },
    // Unused: older files repeat the activation in hidden_act, and name a kind of cache.
    ignored: ["hidden_act", "cache_implementation"],
  },
  embeddings: [{ path: "embed_tokens", rows: "vocabulary", scale: "root-of-hidden" }],
  norms: [
    { path: "layers.{n}.input_layernorm", ...norm },
    { path: "layers.{n}.post_attention_layernorm", ...norm },
    { path: "layers.{n}.pre_feedforward_layernorm", ...norm },
    { path: "layers.{n}.post_feedforward_layernorm", ...norm },
    { path: "norm", ...norm },
  ],
});

/** The tables of `gemma`. */
export const gemma = likeLlama("gemma", decoderClasses("Gemma", ["token-classification"]), {
  config: {
    sizes: decoderSizes({ keyValueHeads: 16, headSize: 256, maxPositions: 8192 }),
    // The official files have "gelu" and mean the approximation by tanh.
    activation: { key: "hidden_act", fallback: "gelu_pytorch_tanh", aliases: { gelu: "gelu_pytorch_tanh" } },
    tokenIds: { padding: 0 },
    tiedByDefault: true,
    switches: attentionBias,
    fixed: [
      // Versions of transformers 4 read this key; transformers 5 reads only hidden_act for Gemma 1.
      { key: "hidden_activation", values: [null, "gelu_pytorch_tanh"], effect: "it names another activation" },
    ],
  },
  embeddings: [{ path: "embed_tokens", rows: "vocabulary", scale: "root-of-hidden" }],
  norms: decoderNorms.map((row) => ({ ...row, gainOffset: 1 })),
});
