// ViT (Dosovitskiy et al. 2021), as transformers' modeling_vit.py names it. Files keep the names that modules had before
// transformers 5: "encoder.layer.0.attention.attention.query".

import type { Family, FileSpelling } from "../../family.ts";
import { classifierRow, poolerRow } from "../shared/encoder-rows.ts";
import { linearRows, normRows } from "../shared/module-rows.ts";

const linear = { bias: true, layout: "out-in" } as const;

/** The older name of each module of a layer. */
const spellings: readonly FileSpelling[] = [
  ["attention.attention.query", "attention.q_proj"],
  ["attention.attention.key", "attention.k_proj"],
  ["attention.attention.value", "attention.v_proj"],
  ["attention.output.dense", "attention.o_proj"],
  ["intermediate.dense", "mlp.fc1"],
  ["output.dense", "mlp.fc2"],
  ["layernorm_before", "layernorm_before"],
  ["layernorm_after", "layernorm_after"],
].flatMap(([file, path]) =>
  ["weight", "bias"].map((end) => {
    return { file: `encoder.layer.{n}.${file}.${end}`, path: `layers.{n}.${path}.${end}` };
  }),
);

export const vit: Family = {
  modelType: "vit",
  causal: false,
  basePrefix: "vit",
  architectures: new Map([
    ["ViTForImageClassification", "image-classification"],
    ["ViTModel", "feature-extraction"],
  ]),
  config: {
    sizes: {
      hiddenSize: { keys: ["hidden_size"] },
      intermediateSize: { keys: ["intermediate_size"] },
      layers: { keys: ["num_hidden_layers"] },
      heads: { keys: ["num_attention_heads"] },
      imageSize: { keys: ["image_size"], fallback: 224, place: 0 },
      imageWidth: { keys: ["image_size"], fallback: { times: 1, of: "imageSize" }, place: 1 },
      imageChannels: { keys: ["num_channels"], fallback: 3 },
      patchSize: { keys: ["patch_size"], fallback: 16, place: 0 },
      patchWidth: { keys: ["patch_size"], fallback: { times: 1, of: "patchSize" }, place: 1 },
    },
    activation: { key: "hidden_act", fallback: "gelu" },
    normEpsilon: { key: "layer_norm_eps", fallback: 1e-12 },
    dropouts: {
      embedding: { keys: ["hidden_dropout_prob"], fallback: 0 },
      attention: { keys: ["attention_probs_dropout_prob"], fallback: 0 },
      residual: { keys: ["hidden_dropout_prob"], fallback: 0 },
    },
    tiedByDefault: false,
    rotary: false,
    switches: { attentionBias: { key: "qkv_bias", fallback: true } },
    fixed: [{ key: "pooler_act", values: ["tanh"], effect: "another function shapes the pooled state" }],
    // What masked image models need; the width of a pooled state that no task here returns.
    harmless: ["encoder_stride", "pooler_output_size"],
  },
  tensors: [
    { path: "embeddings.cls_token", kind: "parameter", shape: ({ hiddenSize }) => [1, 1, hiddenSize] },
    {
      path: "embeddings.position_embeddings",
      kind: "parameter",
      shape: ({ hiddenSize, imageSize, imageWidth, patchSize, patchWidth }) => [
        1,
        Math.floor(imageSize / patchSize) * Math.floor(imageWidth / patchWidth) + 1,
        hiddenSize,
      ],
    },
    {
      path: "embeddings.patch_embeddings.projection.weight",
      kind: "parameter",
      shape: ({ hiddenSize, imageChannels, patchSize, patchWidth }) => [
        hiddenSize,
        imageChannels,
        patchSize,
        patchWidth,
      ],
    },
    {
      path: "embeddings.patch_embeddings.projection.bias",
      kind: "parameter",
      shape: ({ hiddenSize }) => [hiddenSize],
    },
  ],
  embeddings: [],
  linears: [
    ...linearRows({ bias: "attentionBias", layout: "out-in" }, [
      ["layers.{n}.attention.q_proj", "hidden", "hidden"],
      ["layers.{n}.attention.k_proj", "hidden", "hidden"],
      ["layers.{n}.attention.v_proj", "hidden", "hidden"],
    ]),
    ...linearRows(linear, [
      ["layers.{n}.attention.o_proj", "hidden", "hidden"],
      ["layers.{n}.mlp.fc1", "hidden", "intermediate"],
      ["layers.{n}.mlp.fc2", "intermediate", "hidden"],
    ]),
    poolerRow(["feature-extraction"]),
  ],
  norms: normRows("layer", ["layers.{n}.layernorm_before", "layers.{n}.layernorm_after", "layernorm"]),
  heads: {
    "image-classification": { linears: [classifierRow("classifier")] },
  },
  fileSpellings: spellings,
};
