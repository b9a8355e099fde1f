// GLM-4 (GLM Team 2024, the files of 0414), as transformers' modeling_glm4.py names it: norms before and after each half of a
// layer, gate and up in one matrix, and half of each head rotating in pairs of neighbours.

import { decoderClasses, decoderSizes, likeLlama, separateAttention } from "../../shared/decoder-rows.ts";
import { linearRows, normRows } from "../../shared/module-rows.ts";

/** The tables of `glm4`. */
export const glm4 = likeLlama("glm4", decoderClasses("Glm4", ["token-classification"]), {
  config: {
    sizes: decoderSizes({ keyValueHeads: 2, headSize: 128, maxPositions: 131_072 }),
    normEpsilon: { key: "rms_norm_eps", fallback: 1.5625e-7 },
    tokenIds: { padding: 151_329 },
    rotary: { share: { key: "partial_rotary_factor", fallback: 0.5 } },
    switches: { attentionBias: { key: "attention_bias", fallback: true } },
  },
  linears: [
    ...separateAttention("attentionBias", { bias: false }),
    ...linearRows({ bias: false, layout: "out-in" }, [
      ["layers.{n}.mlp.gate_up_proj", "hidden", "double-intermediate"],
      ["layers.{n}.mlp.down_proj", "intermediate", "hidden"],
    ]),
  ],
  norms: normRows("root-mean-square", [
    "layers.{n}.input_layernorm",
    "layers.{n}.post_self_attn_layernorm",
    "layers.{n}.post_attention_layernorm",
    "layers.{n}.post_mlp_layernorm",
    "norm",
  ]),
});
