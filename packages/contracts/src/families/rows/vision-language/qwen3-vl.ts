// Qwen3-VL (Qwen Team 2025), as transformers' modeling_qwen3_vl.py names it: an encoder of images of any size, two linear layers over
// squares of patches, and Qwen 3, whose first layers also read states from within the encoder (DeepStack, Meng et al. 2024).

import type { ConfigValues } from "../../config-values.ts";
import type { Family } from "../../family.ts";
import { qwen3 } from "../decoders/like-llama/qwen2.ts";
import { visionKeys } from "../decoders/other-norms/qwen3-5-text.ts";
import { textPart } from "../shared/decoder-rows.ts";
import { linearRows, normRows, parameterRow, sizeRow } from "../shared/module-rows.ts";

const towerPath = "model.visual";
const linear = { bias: true, layout: "out-in" } as const;
/** The mergers of DeepStack layers are numbered from 0. */
const forDeepstack = {
  inLayers: ({ layerKinds }: ConfigValues, merger: number) =>
    merger < layerKinds.filter((kind) => kind === "deepstack").length,
};

/** The encoder. As images have any size, `imageSize` is the side of the square that becomes one token. */
const qwen3VlVision: Family = {
  modelType: "qwen3_vl_vision",
  causal: false,
  basePrefix: "",
  architectures: new Map(),
  config: {
    sizes: {
      hiddenSize: sizeRow("hidden_size", 1152),
      intermediateSize: sizeRow("intermediate_size", 4304),
      layers: sizeRow("depth", 27),
      heads: sizeRow("num_heads", 16),
      maxPositions: sizeRow("num_position_embeddings", 2304),
      imageChannels: sizeRow("in_channels", 3),
      patchSize: sizeRow("patch_size", 16),
      projectionSize: sizeRow("out_hidden_size", 3584),
      mergedSide: sizeRow("spatial_merge_size", 2),
    },
    activation: { key: "hidden_act", fallback: "gelu_pytorch_tanh" },
    normEpsilon: { fallback: 1e-6 },
    dropouts: {},
    tiedByDefault: false,
    rotary: { scalingAliases: { axial: "default" } },
    layerKinds: { kind: "deepstack", listed: { key: "deepstack_visual_indexes", fallback: [8, 16, 24] } },
    fixed: [{ key: "temporal_patch_size", values: [2], effect: "the frames of a patch, which all show the image" }],
    derive: (values) => {
      const { hiddenSize: visionSize, patchSize: patchWidth, mergedSide } = values;
      const side = patchWidth * mergedSide;
      return { ...values, visionSize, patchWidth, imageSize: side, imageWidth: side };
    },
  },
  tensors: [
    parameterRow("patch_embed.proj.weight", (config) => {
      return [config.hiddenSize, config.imageChannels, 2, config.patchSize, config.patchSize];
    }),
    parameterRow("patch_embed.proj.bias", ({ hiddenSize }) => [hiddenSize]),
    parameterRow("pos_embed.weight", ({ maxPositions, hiddenSize }) => [maxPositions, hiddenSize]),
  ],
  embeddings: [],
  linears: [
    ...linearRows(linear, [
      ["blocks.{n}.attn.qkv", "hidden", "triple-hidden"],
      ["blocks.{n}.attn.proj", "hidden", "hidden"],
      ["blocks.{n}.mlp.linear_fc1", "hidden", "intermediate"],
      ["blocks.{n}.mlp.linear_fc2", "intermediate", "hidden"],
      ["merger.linear_fc1", "merged-patches", "merged-patches"],
      ["merger.linear_fc2", "merged-patches", "projection"],
    ]),
    ...linearRows({ ...linear, ...forDeepstack }, [
      ["deepstack_merger_list.{n}.linear_fc1", "merged-patches", "merged-patches"],
      ["deepstack_merger_list.{n}.linear_fc2", "merged-patches", "projection"],
    ]),
  ],
  norms: [
    ...normRows("layer", ["blocks.{n}.norm1", "blocks.{n}.norm2", "merger.norm"]),
    { path: "deepstack_merger_list.{n}.norm", kind: "layer", width: "merged-patches", ...forDeepstack },
  ],
  heads: {},
};

// Its text model has no sliding window.
const { window: _, ...config } = qwen3.config;

/** The tables of `qwen3_vl`, with the defaults of transformers' Qwen3VLTextConfig. */
export const qwen3Vl = textPart(
  { ...qwen3, config },
  {
    modelType: "qwen3_vl",
    name: "Qwen3VLForConditionalGeneration",
    defaults: { hidden: 4096, intermediate: 22_016, layers: 32, heads: 32, vocabulary: 151_936 },
    towers: [{ path: towerPath, key: "vision_config", family: qwen3VlVision }],
    config: {
      rotary: { thetaFallback: 500_000, sections: [24, 20, 20], ignored: ["mrope_interleaved"] },
      imageToken: { keys: ["image_token_id"], fallback: 151_655 },
      check: ({ towers, hiddenSize }) => {
        const got = towers[towerPath]?.projectionSize;
        const expected = `the hidden_size of the text model, ${hiddenSize}`;
        const key = "vision_config.out_hidden_size";
        return got === hiddenSize ? [] : [{ kind: "invalid", key, got: String(got), expected }];
      },
      derive: (values) => {
        const { hiddenSize: visionSize = 0, mergedSide = 1 } = values.towers[towerPath] ?? {};
        return { ...values, visionSize, mergedSide };
      },
      ignored: visionKeys,
    },
  },
);
