// Ministral (Mistral AI 2024), as transformers' modeling_ministral.py names it: Mistral of whose layers some see everything.

import type { Family } from "../../../family.ts";
import { decoderClasses, decoderHeads } from "../../shared/decoder-rows.ts";
import { mistral } from "./mistral.ts";

/** The tables of `ministral`. */
export const ministral: Family = {
  ...mistral,
  modelType: "ministral",
  architectures: decoderClasses("Ministral", ["token-classification", "question-answering"]),
  config: { ...mistral.config, fixed: [] },
  heads: decoderHeads("embed_tokens", { questionPrefix: "transformer" }),
};
