// The common parts of families that cut an image into patches: keys of config.json, the patches' projection, ViT's layers.

import type { ConfigValues } from "../../config-values.ts";
import type { Family, TensorRow } from "../../family.ts";
import { classifierRow } from "./encoder-rows.ts";
import { layerSizes, linearRows, moduleSpellings, normRows, parameterRow } from "./module-rows.ts";

/** Heights and widths of images and patches, which a file has as one number or as a pair. */
export const imageSizes = {
  imageSize: { keys: ["image_size"], fallback: 224, element: 0 },
  imageWidth: { keys: ["image_size"], fallback: { times: 1, of: "imageSize" }, element: 1 },
  imageChannels: { keys: ["num_channels"], fallback: 3 },
  patchSize: { keys: ["patch_size"], fallback: 16, element: 0 },
  patchWidth: { keys: ["patch_size"], fallback: { times: 1, of: "patchSize" }, element: 1 },
} as const satisfies Family["config"]["sizes"];

/** config.json of ViT, which its relatives took over. */
export const vitConfig = {
  sizes: {
    ...layerSizes,
    ...imageSizes,
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
} as const satisfies Family["config"];

/** How many patches an image of the configured size has. */
export function patchesOf({ imageSize, imageWidth, patchSize, patchWidth }: ConfigValues): number {
  return Math.floor(imageSize / patchSize) * Math.floor(imageWidth / patchWidth);
}

/** The convolution that makes a state from each patch. It is as wide as the layers, or as wide as `widthOf`. */
export function patchProjection(
  path: string,
  widthOf = ({ hiddenSize }: ConfigValues) => hiddenSize,
): readonly TensorRow[] {
  return [
    parameterRow(`${path}.weight`, (config) => [
      widthOf(config),
      config.imageChannels,
      config.patchSize,
      config.patchWidth,
    ]),
    parameterRow(`${path}.bias`, (config) => [widthOf(config)]),
  ];
}

/** Learned states in front of the patches, `paths`, and a position for each of them and for each patch. */
export function vitEmbeddings(paths: readonly string[]): readonly TensorRow[] {
  return [
    ...paths.map((path) => parameterRow(path, ({ hiddenSize }) => [1, 1, hiddenSize])),
    parameterRow("embeddings.position_embeddings", (config) => [
      1,
      patchesOf(config) + paths.length,
      config.hiddenSize,
    ]),
    ...patchProjection("embeddings.patch_embeddings.projection"),
  ];
}

/** The projections of ViT's attention, in the layer at `layer`. */
export function vitAttention(layer: string) {
  return [
    ...linearRows({ bias: "attentionBias", layout: "out-in" }, [
      [`${layer}.attention.q_proj`, "hidden", "hidden"],
      [`${layer}.attention.k_proj`, "hidden", "hidden"],
      [`${layer}.attention.v_proj`, "hidden", "hidden"],
    ]),
    ...linearRows({ bias: true, layout: "out-in" }, [[`${layer}.attention.o_proj`, "hidden", "hidden"]]),
  ];
}

export function vitFeedForward(layer: string) {
  return linearRows({ bias: true, layout: "out-in" }, [
    [`${layer}.mlp.fc1`, "hidden", "intermediate"],
    [`${layer}.mlp.fc2`, "intermediate", "hidden"],
  ]);
}

/** ViT's norms: before each half of a layer and at the end. */
const vitNorms = normRows("layer", ["layers.{n}.layernorm_before", "layers.{n}.layernorm_after", "layernorm"]);

/** The names of projections in the layers of ViT and its relatives before transformers 5. */
export const attentionNames = [
  ["attention.attention.query", "attention.q_proj"],
  ["attention.attention.key", "attention.k_proj"],
  ["attention.attention.value", "attention.v_proj"],
  ["attention.output.dense", "attention.o_proj"],
] as const;
export const feedForwardNames = [
  ["intermediate.dense", "mlp.fc1"],
  ["output.dense", "mlp.fc2"],
] as const;

/** All of ViT's, which files keep: "encoder.layer.0.attention.attention.query". */
export const vitSpellings = moduleSpellings(
  [
    ...attentionNames,
    ...feedForwardNames,
    ["layernorm_before", "layernorm_before"] as const,
    ["layernorm_after", "layernorm_after"] as const,
  ].map(([file, path]) => [`encoder.layer.{n}.${file}`, `layers.{n}.${path}`]),
);

/** Which of its states a backbone gives to other models; the model itself computes the same. */
export const backboneKeys = ["out_features", "out_indices", "stage_names"];

interface RelativeOfVit extends Partial<Omit<Family, "config">> {
  /** How its classes' names begin. */
  readonly name: string;
  readonly config?: Partial<Family["config"]>;
}

/** ViT, or a relative of it with its own keys, rows and heads, which replace ViT's. */
export function likeVit(modelType: string, { name, config, ...rows }: RelativeOfVit): Family {
  return {
    modelType,
    causal: false,
    basePrefix: modelType,
    architectures: new Map([
      [`${name}ForImageClassification`, "image-classification"],
      [`${name}Model`, "feature-extraction"],
    ]),
    embeddings: [],
    linears: [],
    norms: vitNorms,
    heads: { "image-classification": { linears: [classifierRow("classifier")] } },
    ...rows,
    config: { ...vitConfig, ...config },
  };
}
