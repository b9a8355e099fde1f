// Whisper (Radford et al. 2022), as transformers' modeling_whisper.py names it: mBART's layers, whose encoder reads the mel
// features of 30 seconds through two convolutions.

import type { Family, TensorRow } from "../../family.ts";
import { normRows, parameterRow } from "../shared/module-rows.ts";
import { bartConfig, bartHead, bartLinears, encoderDecoderClasses } from "./bart.ts";

const { maxPositions: _, ...sizes } = bartConfig.sizes;

/** Positions of the source are sinusoids, but a file has them as weights. */
const tensors: readonly TensorRow[] = [
  parameterRow("encoder.conv1.weight", ({ hiddenSize, melBins }) => [hiddenSize, melBins, 3]),
  parameterRow("encoder.conv1.bias", ({ hiddenSize }) => [hiddenSize]),
  parameterRow("encoder.conv2.weight", ({ hiddenSize }) => [hiddenSize, hiddenSize, 3]),
  parameterRow("encoder.conv2.bias", ({ hiddenSize }) => [hiddenSize]),
  parameterRow("encoder.embed_positions.weight", ({ sourcePositions, hiddenSize }) => [sourcePositions, hiddenSize]),
];

/** The tables of `whisper`. */
export const whisper: Family = {
  modelType: "whisper",
  causal: false,
  basePrefix: "model",
  architectures: encoderDecoderClasses("Whisper"),
  config: {
    ...bartConfig,
    sizes: {
      ...sizes,
      maxPositions: { keys: ["max_target_positions"], fallback: 448 },
      sourcePositions: { keys: ["max_source_positions"], fallback: 1500 },
      melBins: { keys: ["num_mel_bins"], fallback: 80 },
    },
    dropouts: {
      ...bartConfig.dropouts,
      embedding: { keys: ["dropout"], fallback: 0 },
      residual: { keys: ["dropout"], fallback: 0 },
    },
    tokenIds: { padding: 50256, decoderStart: 50257 },
    switches: {},
    fixed: [
      { key: "is_encoder_decoder", values: [true], effect: "false leaves out the encoder" },
      { key: "apply_spec_augment", values: [null, false], effect: "true masks parts of the features in training" },
    ],
    // Whisper's stacks scale nothing; the others are for audio classifiers, hidden features and timestamps.
    ignored: [
      "classifier_proj_size",
      "init_std",
      "mask_feature_length",
      "mask_feature_min_masks",
      "mask_feature_prob",
      "mask_time_length",
      "mask_time_min_masks",
      "mask_time_prob",
      "median_filter_width",
      "num_hidden_layers",
      "use_weighted_layer_sum",
      ...["forced_decoder_ids", "alignment_heads", "lang_ids"],
    ],
  },
  embeddings: [
    { path: "decoder.embed_tokens", rows: "vocabulary" },
    { path: "decoder.embed_positions", rows: "positions" },
  ],
  linears: bartLinears(false),
  norms: normRows("layer", [
    "encoder.layers.{n}.self_attn_layer_norm",
    "encoder.layers.{n}.final_layer_norm",
    "encoder.layer_norm",
    "decoder.layers.{m}.self_attn_layer_norm",
    "decoder.layers.{m}.encoder_attn_layer_norm",
    "decoder.layers.{m}.final_layer_norm",
    "decoder.layer_norm",
  ]),
  tensors,
  heads: { "sequence-to-sequence": bartHead("proj_out", "decoder.embed_tokens") },
};
