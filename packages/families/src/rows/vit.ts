// ViT (Dosovitskiy et al. 2021), as transformers' modeling_vit.py names it. Files keep the names that modules had before
// transformers 5: "encoder.layer.0.attention.attention.query".

import type { Family, FileSpelling, LinearRow } from "../family.ts";

const attention = { inFeatures: "hidden", outFeatures: "hidden", layout: "out-in" } as const;
const linear = { bias: true, layout: "out-in" } as const;
const pooled: Pick<LinearRow, "tasks"> = { tasks: ["feature-extraction"] };

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
    { path: "layers.{n}.attention.q_proj", role: "query", bias: "attentionBias", ...attention },
    { path: "layers.{n}.attention.k_proj", role: "key", bias: "attentionBias", ...attention },
    { path: "layers.{n}.attention.v_proj", role: "value", bias: "attentionBias", ...attention },
    { path: "layers.{n}.attention.o_proj", role: "attention-output", bias: true, ...attention },
    {
      path: "layers.{n}.mlp.fc1",
      role: "feed-forward-up",
      inFeatures: "hidden",
      outFeatures: "intermediate",
      ...linear,
    },
    {
      path: "layers.{n}.mlp.fc2",
      role: "feed-forward-down",
      inFeatures: "intermediate",
      outFeatures: "hidden",
      ...linear,
    },
    {
      path: "pooler.dense",
      role: "pooler",
      inFeatures: "hidden",
      outFeatures: "hidden",
      newIfMissing: true,
      ...pooled,
      ...linear,
    },
  ],
  norms: [
    { path: "layers.{n}.layernorm_before", kind: "layer" },
    { path: "layers.{n}.layernorm_after", kind: "layer" },
    { path: "layernorm", kind: "layer" },
  ],
  heads: {
    "image-classification": {
      linears: [
        {
          path: "classifier",
          role: "classifier",
          inFeatures: "hidden",
          outFeatures: "labels",
          newIfMissing: true,
          ...linear,
        },
      ],
    },
  },
  ignoredFileKeys: [],
  fileSpellings: spellings,
};
