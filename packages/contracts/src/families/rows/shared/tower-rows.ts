// What CLIP and SigLIP have in common: two encoders, one of images and one of texts, whose layers have the same names.

import type { Family, NormRow, TensorRow } from "../../family.ts";
import { imageSizes, patchesOf, patchProjection } from "./image-rows.ts";
import { linearRows, normRows } from "./module-rows.ts";

const linear = { bias: true, layout: "out-in" } as const;

/** config.json of either tower. */
const towerConfig = {
  dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 } },
  tiedByDefault: false,
  rotary: false,
  // How fresh weights are drawn.
  harmless: ["initializer_factor"],
} as const satisfies Partial<Family["config"]>;

const towerLinears = linearRows(linear, [
  ["encoder.layers.{n}.self_attn.q_proj", "hidden", "hidden"],
  ["encoder.layers.{n}.self_attn.k_proj", "hidden", "hidden"],
  ["encoder.layers.{n}.self_attn.v_proj", "hidden", "hidden"],
  ["encoder.layers.{n}.self_attn.out_proj", "hidden", "hidden"],
  ["encoder.layers.{n}.mlp.fc1", "hidden", "intermediate"],
  ["encoder.layers.{n}.mlp.fc2", "intermediate", "hidden"],
]);

function towerNorms(others: readonly string[]): readonly NormRow[] {
  return normRows("layer", ["encoder.layers.{n}.layer_norm1", "encoder.layers.{n}.layer_norm2", ...others]);
}

/** Sizes of layers, with the defaults of one tower. */
export function layerSizes(hidden: number, intermediate: number, heads: number): Family["config"]["sizes"] {
  return {
    hiddenSize: { keys: ["hidden_size"], fallback: hidden },
    intermediateSize: { keys: ["intermediate_size"], fallback: intermediate },
    layers: { keys: ["num_hidden_layers"], fallback: 12 },
    heads: { keys: ["num_attention_heads"], fallback: heads },
  };
}

/** Sizes of a text encoder's tables, with their defaults. */
export function textSizes(vocabulary: number, positions: number): Family["config"]["sizes"] {
  return {
    vocabularySize: { keys: ["vocab_size"], fallback: vocabulary },
    maxPositions: { keys: ["max_position_embeddings"], fallback: positions },
  };
}

/** What differs from one pair of towers to the other. */
export interface TowerOptions {
  readonly modelType: string;
  readonly activation: string;
  readonly epsilon: number;
  /** What is the tower's own; `config.json` of a pair leaves out what is as transformers' defaults are. */
  readonly sizes: Family["config"]["sizes"];
}

/** The encoder of texts. */
export function textTower(
  options: TowerOptions & { readonly causal: boolean },
): Pick<Family, "modelType" | "causal" | "config" | "embeddings" | "linears" | "norms" | "ignoredFileKeys"> {
  const { modelType, causal, activation, epsilon, sizes } = options;
  return {
    modelType,
    causal,
    config: {
      ...towerConfig,
      sizes,
      activation: { key: "hidden_act", fallback: activation },
      normEpsilon: { key: "layer_norm_eps", fallback: epsilon },
      tokenIds: { padding: 1, end: 49_407 },
    },
    embeddings: [
      { path: "embeddings.token_embedding", rows: "vocabulary" },
      { path: "embeddings.position_embedding", rows: "positions" },
    ],
    linears: towerLinears,
    norms: towerNorms(["final_layer_norm"]),
    ignoredFileKeys: ["embeddings.position_ids"],
  };
}

/** The encoder of images. `hasFront`: a learnt state stands in front of the patches, whose projection then has no bias. */
export function visionTower(
  options: TowerOptions & { readonly hasFront: boolean; readonly norms: readonly string[] },
): Pick<
  Family,
  "modelType" | "causal" | "config" | "tensors" | "embeddings" | "linears" | "norms" | "ignoredFileKeys"
> {
  const { modelType, activation, epsilon, sizes, hasFront, norms } = options;
  const front: TensorRow = {
    path: "embeddings.class_embedding",
    kind: "parameter",
    shape: ({ hiddenSize }) => [hiddenSize],
  };
  const projection = patchProjection("embeddings.patch_embedding");
  return {
    modelType,
    causal: false,
    config: {
      ...towerConfig,
      sizes: { ...imageSizes, ...sizes },
      activation: { key: "hidden_act", fallback: activation },
      normEpsilon: { key: "layer_norm_eps", fallback: epsilon },
      derive: (config) => ({ ...config, maxPositions: patchesOf(config) + Number(hasFront) }),
    },
    tensors: hasFront ? [front, ...projection.slice(0, 1)] : projection,
    embeddings: [{ path: "embeddings.position_embedding", rows: "positions" }],
    linears: towerLinears,
    norms: towerNorms(norms),
    ignoredFileKeys: ["embeddings.position_ids"],
  };
}
