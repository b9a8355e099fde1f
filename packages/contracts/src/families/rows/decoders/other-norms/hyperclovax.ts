// HyperCLOVA X SEED Think (NAVER Cloud 2025), as transformers' modeling_hyperclovax.py names it: Granite with a norm after each
// half of a layer, too, and logits that are multiplied. The smaller SEED models have the type "llama" and compute like it.

import type { ConfigValues } from "../../../config-values.ts";
import { decoderNorms, languageModelClasses, likeLlama } from "../../shared/decoder-rows.ts";
import { normRows } from "../../shared/module-rows.ts";
import { granite } from "../like-llama/granite.ts";

/** The tables of `hyperclovax`. */
export const hyperclovax = likeLlama("hyperclovax", languageModelClasses("HyperCLOVAX"), {
  config: {
    ...granite.config,
    sizes: { ...granite.config.sizes, headSize: { keys: ["head_dim"] } },
    switches: { ...granite.config.switches, normAfter: { key: "use_post_norm", fallback: true } },
    scalars: {
      ...granite.config.scalars,
      scoreScale: { key: "attention_multiplier", fallback: null },
      logitScale: { key: "logits_scaling", fallback: 1 },
    },
    ignored: ["auto_map"],
  },
  embeddings: granite.embeddings,
  norms: [
    ...decoderNorms,
    ...normRows("root-mean-square", ["layers.{n}.post_norm1", "layers.{n}.post_norm2"]).map((row) => ({
      ...row,
      when: ({ switches }: ConfigValues) => switches.normAfter,
    })),
  ],
});
