// StarCoder 2 (Lozhkov et al. 2024), as transformers' modeling_starcoder2.py names it: LLaMA with layer norms, biases and
// a plain feed-forward.

import {
  decoderClasses,
  decoderSizes,
  likeLlama,
  plainFeedForward,
  separateAttention,
  tokenDropout,
} from "../../shared/decoder-rows.ts";
import { normRows } from "../../shared/module-rows.ts";

/** The tables of `starcoder2`. */
export const starcoder2 = likeLlama("starcoder2", decoderClasses("Starcoder2", ["token-classification"]), {
  config: {
    sizes: decoderSizes({ keyValueHeads: 2, maxPositions: 4096 }),
    activation: { key: "hidden_act", fallback: "gelu_pytorch_tanh" },
    normEpsilon: { key: "norm_epsilon", fallback: 1e-5 },
    dropouts: {
      // transformers reads embedding_dropout and then never drops there.
      attention: { keys: ["attention_dropout"], fallback: 0 },
      residual: { keys: ["residual_dropout"], fallback: 0 },
      classifier: tokenDropout,
    },
    tiedByDefault: true,
    switches: { attentionBias: { key: "use_bias", fallback: true } },
    window: { size: { key: "sliding_window", fallback: null }, layers: "all" },
    fixed: [
      { key: "mlp_type", values: [null, "default"], effect: "it changes the feed-forward" },
      { key: "norm_type", values: [null, "layer_norm"], effect: "it changes the norms" },
    ],
    ignored: ["embedding_dropout"],
  },
  linears: [
    ...separateAttention("attentionBias"),
    ...plainFeedForward("layers.{n}.mlp.c_fc", "layers.{n}.mlp.c_proj", "attentionBias"),
  ],
  norms: normRows("layer", ["layers.{n}.input_layernorm", "layers.{n}.post_attention_layernorm", "norm"]),
});
