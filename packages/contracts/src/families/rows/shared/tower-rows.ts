// The common parts of CLIP and SigLIP: two encoders, one of images and one of texts, whose layers have the same names.

import type { Family, HeadTable, NormRow } from "../../family.ts";
import { classifierRow } from "./encoder-rows.ts";
import { imageSizes, patchesOf, patchProjection } from "./image-rows.ts";
import { linearRows, normRows, parameterRow } from "./module-rows.ts";

const linear = { bias: true, layout: "out-in" } as const;

const towerConfig = {
  dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 } },
  tiedByDefault: false,
  rotary: false,
  // How fresh weights are drawn.
  ignored: ["initializer_factor"],
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

/** Sizes of a text encoder's tables, with their defaults. */
export function textSizes(vocabulary: number, positions: number): Family["config"]["sizes"] {
  return {
    vocabularySize: { keys: ["vocab_size"], fallback: vocabulary },
    maxPositions: { keys: ["max_position_embeddings"], fallback: positions },
  };
}

/** The differences between pairs of towers. */
export interface TowerOptions {
  readonly modelType: string;
  readonly activation: string;
  readonly epsilon: number;
  /** The sizes of the tower. A pair's `config.json` leaves out values that equal transformers' defaults. */
  readonly sizes: Family["config"]["sizes"];
}

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

/** The encoder of images. `hasClassToken`: a learned token precedes the patches, whose projection then has no bias. */
export function visionTower(
  options: TowerOptions & { readonly hasClassToken: boolean; readonly norms: readonly string[] },
): Pick<
  Family,
  "modelType" | "causal" | "config" | "tensors" | "embeddings" | "linears" | "norms" | "ignoredFileKeys"
> {
  const { modelType, activation, epsilon, sizes, hasClassToken, norms } = options;
  const classToken = parameterRow("embeddings.class_embedding", ({ hiddenSize }) => [hiddenSize]);
  const projection = patchProjection("embeddings.patch_embedding");
  return {
    modelType,
    causal: false,
    config: {
      ...towerConfig,
      sizes: { ...imageSizes, ...sizes },
      activation: { key: "hidden_act", fallback: activation },
      normEpsilon: { key: "layer_norm_eps", fallback: epsilon },
      derive: (config) => ({ ...config, maxPositions: patchesOf(config) + Number(hasClassToken) }),
    },
    tensors: hasClassToken ? [classToken, ...projection.slice(0, 1)] : projection,
    embeddings: [{ path: "embeddings.position_embedding", rows: "positions" }],
    linears: towerLinears,
    norms: towerNorms(norms),
    ignoredFileKeys: ["embeddings.position_ids"],
  };
}

interface PairOfTowers {
  readonly modelType: string;
  /** How its classes' names begin. */
  readonly name: string;
  readonly towers: readonly [text: Family, vision: Family];
  /** The head that compares texts and images. */
  readonly matching: HeadTable;
  readonly sizes?: Family["config"]["sizes"];
  readonly ignored?: readonly string[];
}

/** Both towers, for telling which texts fit which images, or that of images alone for a classifier. */
export function pairOfTowers({ modelType, name, towers, matching, sizes = {}, ignored = [] }: PairOfTowers): Family {
  const [text, vision] = towers;
  const { activation, normEpsilon } = vision.config;
  return {
    modelType,
    causal: false,
    basePrefix: "",
    towers: [
      { path: "text_model", key: "text_config", family: text, tasks: ["image-text-matching"] },
      { path: "vision_model", key: "vision_config", family: vision },
    ],
    architectures: new Map([
      [`${name}Model`, "image-text-matching"],
      [`${name}ForImageClassification`, "image-classification"],
    ]),
    config: {
      ...towerConfig,
      sizes,
      // Settings of the towers only; the configuration of the whole model lacks them.
      activation: { fallback: activation.fallback },
      normEpsilon: { fallback: normEpsilon.fallback },
      dropouts: {},
      ignored: [...towerConfig.ignored, ...ignored],
    },
    embeddings: [],
    linears: [],
    norms: [],
    heads: {
      "image-text-matching": matching,
      "image-classification": { linears: [{ ...classifierRow("classifier"), tower: "vision_model" }] },
    },
    ignoredFileKeys: ["embeddings.position_ids"],
  };
}
