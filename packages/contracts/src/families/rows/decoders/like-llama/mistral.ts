// Mistral (Jiang et al. 2023), as transformers' modeling_mistral.py names it: LLaMA whose attention looks back a limited way.

import type { Family } from "../../../family.ts";
import { decoderClasses, decoderHeads, decoderSizes, likeLlama } from "../../shared/decoder-rows.ts";

/** The tables of `mistral`. */
export const mistral = likeLlama("mistral", decoderClasses("Mistral", ["token-classification", "question-answering"]), {
  config: {
    sizes: decoderSizes({ keyValueHeads: 8, headSize: null, maxPositions: 131_072 }),
    window: { size: { key: "sliding_window", fallback: 4096 }, layers: "all" },
    fixed: [{ key: "layer_types", values: [null], effect: "Mistral has one kind of layer; Ministral has several" }],
  },
});

/** The tables of `ministral`. */
export const ministral: Family = {
  ...mistral,
  modelType: "ministral",
  architectures: decoderClasses("Ministral", ["token-classification", "question-answering"]),
  config: { ...mistral.config, fixed: [] },
  heads: decoderHeads("embed_tokens", { questionPrefix: "transformer" }),
};
