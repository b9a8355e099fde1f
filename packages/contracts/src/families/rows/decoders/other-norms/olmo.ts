// OLMo (Groeneveld et al. 2024), as transformers' modeling_olmo.py names it: LLaMA with layer norms that have no weights.

import { attentionBias, decoderClasses, decoderSizes, likeLlama } from "../../shared/decoder-rows.ts";
import { normRows } from "../../shared/module-rows.ts";

/** The tables of `olmo2`. */
export const olmo2 = likeLlama("olmo2", decoderClasses("Olmo2"), {
  config: {
    sizes: decoderSizes({ maxPositions: 2048 }),
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-5 },
    dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 } },
    tokenIds: { padding: 1 },
    switches: attentionBias,
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

/** The tables of `olmo`. */
export const olmo = likeLlama("olmo", decoderClasses("Olmo"), {
  config: {
    sizes: decoderSizes({ maxPositions: 2048 }),
    normEpsilon: { fallback: 1e-5 },
    dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 } },
    tokenIds: { padding: 1 },
    switches: attentionBias,
  },
  norms: [],
});

/** The tables of `olmo3`. */
export const olmo3 = likeLlama("olmo3", decoderClasses("Olmo3"), {
  config: {
    ...olmo2.config,
    rotary: { thetaFallback: 500_000, local: { fallback: 500_000 } },
    window: { size: { key: "sliding_window", fallback: 4096 }, layers: { exceptEvery: null, fallback: 4 } },
  },
  norms: olmo2.norms,
});
