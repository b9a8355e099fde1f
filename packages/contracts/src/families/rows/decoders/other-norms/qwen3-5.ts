// Qwen 3.5 with images (Qwen Team 2026), as transformers' Qwen3_5ForConditionalGeneration names it: here its text model alone,
// which lies inside. Images are not read.

import type { Family } from "../../../family.ts";
import { qwen35Text } from "./qwen3-5-text.ts";

const { config, heads } = qwen35Text;

/** The tables of `qwen3_5`. */
export const qwen35: Family = {
  ...qwen35Text,
  modelType: "qwen3_5",
  basePrefix: "model.language_model",
  architectures: new Map([["Qwen3_5ForConditionalGeneration", "causal-lm"]]),
  config: {
    ...config,
    inside: "text_config",
    // What files may leave out, as transformers' Qwen3_5TextConfig has it.
    sizes: {
      ...config.sizes,
      vocabularySize: { keys: ["vocab_size"], fallback: 248_320 },
      hiddenSize: { keys: ["hidden_size"], fallback: 4096 },
      intermediateSize: { keys: ["intermediate_size"], fallback: 12_288 },
      layers: { keys: ["num_hidden_layers"], fallback: 32 },
      heads: { keys: ["num_attention_heads"], fallback: 16 },
    },
    harmless: [
      ...(config.harmless ?? []),
      ...["text_config", "vision_config", "image_token_id", "video_token_id"],
      ...["vision_start_token_id", "vision_end_token_id"],
    ],
  },
  heads: { "causal-lm": heads["causal-lm"] ?? { linears: [] } },
};
