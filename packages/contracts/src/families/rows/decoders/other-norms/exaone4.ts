// EXAONE 4 (LG AI Research 2025), as transformers' modeling_exaone4.py names it: norms after each half of a layer and of each
// head's queries and keys; where layers have windows, only these rotate.

import { decoderClasses, decoderHeads, decoderSizes, likeLlama } from "../../shared/decoder-rows.ts";
import { normRows } from "../../shared/module-rows.ts";

/** The tables of `exaone4`. */
export const exaone4 = likeLlama("exaone4", decoderClasses("Exaone4", ["token-classification", "question-answering"]), {
  config: {
    sizes: decoderSizes({ keyValueHeads: 32, headSize: null, maxPositions: 2048 }),
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-5 },
    rotary: { layers: "windowed-or-all" },
    window: {
      size: { key: "sliding_window", fallback: 4096 },
      layers: { exceptEvery: "sliding_window_pattern", fallback: 4 },
    },
    // "LLLG", which repeats the list of each layer's type.
    ignored: ["sliding_window_pattern"],
  },
  norms: [
    { path: "layers.{n}.self_attn.q_norm", kind: "root-mean-square", width: "head" },
    { path: "layers.{n}.self_attn.k_norm", kind: "root-mean-square", width: "head" },
    ...normRows("root-mean-square", [
      "layers.{n}.post_attention_layernorm",
      "layers.{n}.post_feedforward_layernorm",
      "norm",
    ]),
  ],
  heads: decoderHeads("embed_tokens", { questionPrefix: "transformer" }),
});
