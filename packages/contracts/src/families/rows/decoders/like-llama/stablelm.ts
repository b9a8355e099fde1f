// StableLM (Bellagente et al. 2024), as transformers' modeling_stablelm.py names it: LLaMA with layer norms, a quarter of
// each head rotating, and both halves of a layer side by side if the configuration says so.

import {
  decoderClasses,
  decoderSizes,
  gatedFeedForward,
  likeLlama,
  separateAttention,
  tokenDropout,
} from "../../shared/decoder-rows.ts";

/** The tables of `stablelm`. */
export const stablelm = likeLlama("stablelm", decoderClasses("StableLm", ["token-classification"]), {
  config: {
    sizes: decoderSizes({ maxPositions: 4096 }),
    normEpsilon: { key: "layer_norm_eps", fallback: 1e-5 },
    dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 }, classifier: { ...tokenDropout, fallback: 0 } },
    rotary: { share: { key: "partial_rotary_factor", fallback: 0.25 } },
    switches: {
      attentionBias: { key: "use_qkv_bias", fallback: false },
      parallelResidual: { key: "use_parallel_residual", fallback: false },
    },
    fixed: [
      { key: "qk_layernorm", values: [null, false], effect: "true gives each head a norm of its own" },
      { key: "hidden_dropout", values: [null, 0], effect: "dropout on the feed-forward's outputs in training" },
    ],
  },
  linears: [...separateAttention("attentionBias", { bias: false }), ...gatedFeedForward(false)],
  norms: [
    { path: "layers.{n}.input_layernorm", kind: "layer" },
    {
      path: "layers.{n}.post_attention_layernorm",
      kind: "layer",
      when: ({ switches }) => !switches.parallelResidual,
    },
    { path: "norm", kind: "layer" },
  ],
});
