// Mistral (Jiang et al. 2023), as transformers' modeling_mistral.py names it: LLaMA whose attention looks back a limited way. Ministral 3
// (Mistral AI 2025) has YaRN, and queries that grow beyond its original length; Mistral 3 is one of the two with images.

import { jsonObject } from "../../../config/config-reader.ts";
import type { Family } from "../../../family.ts";
import { decoderClasses, decoderHeads, decoderSizes, likeLlama, textPart } from "../../shared/decoder-rows.ts";

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

/** `rope_parameters` of transformers' Ministral3Config without them. */
const ministralRope = {
  rope_type: "yarn",
  rope_theta: 1_000_000,
  factor: 16,
  original_max_position_embeddings: 16_384,
  mscale: 1,
  mscale_all_dim: 1,
  llama_4_scaling_beta: 0.1,
};

/** The tables of `ministral3`. */
export const ministral3 = likeLlama(
  "ministral3",
  decoderClasses("Ministral3", ["token-classification", "question-answering"]),
  {
    config: {
      sizes: decoderSizes({ keyValueHeads: 8, headSize: 128, maxPositions: 262_144 }),
      normEpsilon: { key: "rms_norm_eps", fallback: 1e-5 },
      tokenIds: { padding: 11 },
      rotary: {
        growingQueries: true,
        ignored: ["max_position_embeddings"],
        standard: ministralRope,
      },
      window: { size: { key: "sliding_window", fallback: null }, layers: "all" },
      fixed: [{ key: "layer_types", values: [null], effect: "Ministral 3 has one kind of layer" }],
    },
  },
);

/** The tables of `mistral3`, whose text model is of either type. */
export const mistral3 = textPart(ministral3, {
  modelType: "mistral3",
  name: "Mistral3ForConditionalGeneration",
  config: {
    rotary: { growingQueries: true, ignored: ["max_position_embeddings"] },
    tiedByDefault: true,
    respell: withTextDefaults,
    fixed: [
      ...(ministral3.config.fixed ?? []),
      { key: "text_config.model_type", values: ["mistral", "ministral3"], effect: "others compute otherwise" },
    ],
    ignored: [
      ...["image_token_index", "image_token_id", "vision_feature_layer", "projector_hidden_act"],
      ...["multimodal_projector_bias", "spatial_merge_size"],
    ],
  },
  otherPrefixes: ["language_model.model"],
  ignoredFileParts: ["vision_tower.", "multi_modal_projector."],
  fileSpellings: [{ file: "language_model.lm_head.weight", path: "lm_head.weight" }],
});

/** Fills in the defaults of the text model's own type, which is "mistral" where the file names none. */
function withTextDefaults(values: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  const type = jsonObject(values.get("text_config"))?.get("model_type") ?? "mistral";
  const heads = Number(values.get("num_attention_heads") ?? 32);
  const headSize = values.get("head_dim") ?? Math.floor(Number(values.get("hidden_size") ?? 4096) / heads);
  const isRopeGiven = [...values].some(
    ([key, value]) => ["rope_parameters", "rope_scaling"].includes(key) && value !== null,
  );
  return new Map([
    ...(type === "mistral" ? Object.entries({ rms_norm_eps: 1e-6, sliding_window: 4096, pad_token_id: null }) : []),
    ...values,
    ...(type === "mistral" ? [["head_dim", headSize] as const] : []),
    ...(type === "ministral3" && !isRopeGiven ? [["rope_parameters", ministralRope] as const] : []),
    ["text_config.model_type", type],
  ]);
}
