// Gemma 3 with images (Gemma Team 2025), as transformers' Gemma3ForConditionalGeneration names it: here its text model alone, which
// lies inside. Images are not read.

import type { Family } from "../../../family.ts";
import { gemma3Text } from "./gemma3-text.ts";

const { config, heads } = gemma3Text;

/** The tables of `gemma3`. */
export const gemma3: Family = {
  ...gemma3Text,
  modelType: "gemma3",
  basePrefix: "model.language_model",
  otherPrefixes: ["language_model.model"],
  architectures: new Map([["Gemma3ForConditionalGeneration", "causal-lm"]]),
  config: {
    ...config,
    inside: "text_config",
    // The files on the Hub say what differs from these alone.
    sizes: {
      ...config.sizes,
      vocabularySize: { keys: ["vocab_size"], fallback: 262_208 },
      hiddenSize: { keys: ["hidden_size"], fallback: 2304 },
      intermediateSize: { keys: ["intermediate_size"], fallback: 9216 },
      layers: { keys: ["num_hidden_layers"], fallback: 26 },
      heads: { keys: ["num_attention_heads"], fallback: 8 },
    },
    harmless: [
      ...(config.harmless ?? []),
      ...["text_config", "vision_config", "mm_tokens_per_image", "image_token_index", "image_token_id"],
      ...["boi_token_index", "boi_token_id", "eoi_token_index", "eoi_token_id"],
    ],
  },
  heads: { "causal-lm": heads["causal-lm"] ?? { linears: [] } },
  ignoredFileParts: ["vision_tower.", "multi_modal_projector."],
  fileSpellings: [{ file: "language_model.lm_head.weight", path: "lm_head.weight" }],
};
