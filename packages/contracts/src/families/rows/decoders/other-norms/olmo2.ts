// OLMo 2 (OLMo Team 2024), as transformers' modeling_olmo2.py names it: norms after each half instead of before, and
// over whole queries and keys.

import { decoderClasses, decoderSizes, likeLlama } from "../../shared/decoder-rows.ts";
import { normRows } from "../../shared/module-rows.ts";

/** The tables of `olmo2`. */
export const olmo2 = likeLlama("olmo2", decoderClasses("Olmo2"), {
  config: {
    sizes: { ...decoderSizes, maxPositions: { keys: ["max_position_embeddings"], fallback: 2048 } },
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-5 },
    dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 } },
    tokenIds: { padding: 1 },
    switches: { attentionBias: { key: "attention_bias", fallback: false } },
  },
  norms: [
    { path: "layers.{n}.self_attn.q_norm", kind: "root-mean-square", width: "queries" },
    { path: "layers.{n}.self_attn.k_norm", kind: "root-mean-square", width: "key-values" },
    ...normRows("root-mean-square", [
      "layers.{n}.post_attention_layernorm",
      "layers.{n}.post_feedforward_layernorm",
      "norm",
    ]),
  ],
});
