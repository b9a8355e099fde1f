// Gemma 3's text model (Gemma Team 2025), as transformers' modeling_gemma3.py names it: Gemma 2 without bounds, with norms
// of queries and keys, a whole view in every sixth layer only, and slower rotations there.

import type { ConfigValues } from "../../../config-values.ts";
import type { Family } from "../../../family.ts";
import { attentionBias, decoderSizes, likeLlama } from "../../shared/decoder-rows.ts";
import { layerSizesOr, parameterRow } from "../../shared/module-rows.ts";
import { siglipVision } from "../../vision/siglip.ts";

const norm = { kind: "root-mean-square", gainOffset: 1 } as const;

/** The tables of `gemma3_text`. */
export const gemma3Text = likeLlama(
  "gemma3_text",
  new Map([
    ["Gemma3ForCausalLM", "causal-lm"],
    ["Gemma3TextForSequenceClassification", "sequence-classification"],
    ["Gemma3TextModel", "feature-extraction"],
  ]),
  {
    config: {
      sizes: decoderSizes({ keyValueHeads: 4, headSize: 256, maxPositions: 131_072 }),
      activation: { key: "hidden_activation", fallback: "gelu_pytorch_tanh" },
      dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 } },
      tokenIds: { padding: 0 },
      tiedByDefault: true,
      rotary: { thetaFallback: 1_000_000, local: { key: "rope_local_base_freq", fallback: 10_000 } },
      switches: {
        ...attentionBias,
        flipsCausalMask: { key: "use_bidirectional_attention", fallback: false },
      },
      scalars: {
        logitCap: { key: "final_logit_softcapping", fallback: null },
        scoreWidth: { key: "query_pre_attn_scalar", fallback: 256 },
      },
      window: {
        size: { key: "sliding_window", fallback: 4096 },
        layers: { exceptEvery: "sliding_window_pattern", fallback: 6 },
      },
      // The file counts the keys on both sides of a query; transformers counts those on one side and the query itself.
      derive: (config) => {
        if (!config.switches.flipsCausalMask) return config;
        return { ...config, windows: config.windows.map((size) => size && (size >> 1) + 1) };
      },
      // transformers reads the bound of scores and computes without it.
      ignored: ["attn_logit_softcapping", "cache_implementation", "sliding_window_pattern", "_sliding_window_pattern"],
    },
    embeddings: [{ path: "embed_tokens", rows: "vocabulary", scale: "root-of-hidden" }],
    norms: [
      { path: "layers.{n}.self_attn.q_norm", width: "head", ...norm },
      { path: "layers.{n}.self_attn.k_norm", width: "head", ...norm },
      { path: "layers.{n}.input_layernorm", ...norm },
      { path: "layers.{n}.post_attention_layernorm", ...norm },
      { path: "layers.{n}.pre_feedforward_layernorm", ...norm },
      { path: "layers.{n}.post_feedforward_layernorm", ...norm },
      { path: "norm", ...norm },
    ],
  },
);

const { config, heads } = gemma3Text;
const [tower, connector] = ["model.vision_tower", "model.multi_modal_projector"];

/** The tables of `gemma3`: SigLIP's encoder of images, a mean over squares of patches, and the text model. */
export const gemma3: Family = {
  ...gemma3Text,
  modelType: "gemma3",
  basePrefix: "model.language_model",
  otherPrefixes: ["language_model.model"],
  architectures: new Map([["Gemma3ForConditionalGeneration", "causal-lm"]]),
  towers: [{ path: tower, key: "vision_config", family: siglipVision }],
  config: {
    ...config,
    inside: "text_config",
    // The files on the Hub only have the values that differ from these.
    sizes: {
      ...config.sizes,
      ...layerSizesOr({ hidden: 2304, intermediate: 9216, layers: 26, heads: 8 }),
      vocabularySize: { keys: ["vocab_size"], fallback: 262_208 },
      // The file has the number of tokens for an image; `derive` makes the side of a square of it.
      mergedSide: { keys: ["mm_tokens_per_image"], fallback: 256 },
    },
    imageToken: { keys: ["image_token_id", "image_token_index"], fallback: 262_144 },
    derive: withImages,
    ignored: [
      ...(config.ignored ?? []),
      ...["text_config", "vision_config", "boi_token_index", "boi_token_id", "eoi_token_index", "eoi_token_id"],
    ],
  },
  heads: {
    "causal-lm": {
      linears: [],
      ...heads["causal-lm"],
      tensors: [
        parameterRow(`${connector}.mm_input_projection_weight`, ({ visionSize, hiddenSize }) => [
          visionSize,
          hiddenSize,
        ]),
      ],
      norms: [{ path: `${connector}.mm_soft_emb_norm`, width: "vision", ...norm }],
    },
  },
  ignoredFileKeys: [...(gemma3Text.ignoredFileKeys ?? []), "embeddings.position_ids"],
  fileSpellings: [
    { file: "language_model.lm_head.weight", path: "lm_head.weight" },
    { file: `${tower}.vision_model.`, path: `${tower}.` },
    { file: "vision_tower.vision_model.", path: `${tower}.` },
    { file: "vision_tower.", path: `${tower}.` },
    { file: "multi_modal_projector.", path: `${connector}.` },
  ],
};

function withImages(values: ConfigValues): ConfigValues {
  const text = config.derive?.(values) ?? values;
  const { hiddenSize: visionSize = 0, imageSize = 0, patchSize = 1 } = values.towers[tower] ?? {};
  const side = Math.floor(Math.floor(imageSize / patchSize) / Math.floor(Math.sqrt(values.mergedSide)));
  return { ...text, visionSize, mergedSide: side };
}
