// Swin (Liu et al. 2021), as transformers' modeling_swin.py names it: attention within windows, which every second layer moves,
// in stages of ever fewer and wider states.

import type { ConfigValues } from "../../config-values.ts";
import {
  backboneKeys,
  feedForwardNames,
  imageSizes,
  likeVit,
  patchesOf,
  patchProjection,
  vitAttention,
  vitConfig,
  vitFeedForward,
} from "../shared/image-rows.ts";
import { linearRows, moduleSpellings, normRows, parameterRow } from "../shared/module-rows.ts";

const stage = "encoder.layers.{s}";
const block = `${stage}.blocks.{n}`;

/** True between two stages, false after the last one. */
const isFollowed = ({ stages }: ConfigValues) => stages.length > 1;

const biasTable = parameterRow(
  `${block}.attention.relative_position_bias.relative_position_bias_table`,
  ({ windowSize, heads }) => [(2 * windowSize - 1) ** 2, heads],
);

/** The tables of `swin`. */
export const swin = likeVit("swin", {
  name: "Swin",
  readsImagesOfAnySize: true,
  config: {
    sizes: {
      hiddenSize: { keys: ["embed_dim"], fallback: 96 },
      embeddingSize: { keys: ["embed_dim"], fallback: 96 },
      ...imageSizes,
      patchSize: { ...imageSizes.patchSize, fallback: 4 },
      windowSize: { keys: ["window_size"], fallback: 7 },
    },
    stages: {
      layers: { keys: ["depths"], fallback: [2, 2, 6, 2] },
      heads: { keys: ["num_heads", "num_attention_heads"], fallback: [3, 6, 12, 24] },
    },
    normEpsilon: { key: "layer_norm_eps", fallback: 1e-5 },
    dropouts: { ...vitConfig.dropouts, path: { keys: ["drop_path_rate"], fallback: 0.1 } },
    switches: {
      ...vitConfig.switches,
      absolutePositions: { key: "use_absolute_embeddings", fallback: false },
    },
    scalars: { feedForwardRatio: { key: "mlp_ratio", fallback: 4 } },
    // Values that follow from others, and values for masked image models.
    ignored: ["hidden_size", "num_layers", "num_hidden_layers", "encoder_stride", "path_norm", ...backboneKeys],
  },
  tensors: [
    parameterRow("embeddings.position_embeddings", (config) => [1, patchesOf(config), config.embeddingSize], {
      when: ({ switches }) => switches.absolutePositions,
    }),
    ...patchProjection("embeddings.patch_embeddings.projection", ({ embeddingSize }) => embeddingSize),
    biasTable,
  ],
  linears: [
    ...vitAttention(block),
    ...vitFeedForward(block),
    ...linearRows({ bias: false, layout: "out-in", when: isFollowed }, [
      [`${stage}.downsample.reduction`, "quadruple-hidden", "double-hidden"],
    ]),
  ],
  norms: [
    // The file's value does not apply to this norm.
    { path: "embeddings.norm", kind: "layer", width: "embedding", epsilon: 1e-5 },
    ...normRows("layer", [`${block}.layernorm_before`, `${block}.layernorm_after`]),
    { path: `${stage}.downsample.norm`, kind: "layer", width: "quadruple-hidden", epsilon: 1e-5, when: isFollowed },
    { path: "layernorm", kind: "layer" },
  ],
  ignoredFileKeys: ["relative_position_index"],
  fileSpellings: [
    ...moduleSpellings([
      ["attention.self.query", "attention.q_proj"],
      ["attention.self.key", "attention.k_proj"],
      ["attention.self.value", "attention.v_proj"],
      ["attention.output.dense", "attention.o_proj"],
      ...feedForwardNames,
    ]),
    {
      file: "attention.self.relative_position_bias_table",
      path: "attention.relative_position_bias.relative_position_bias_table",
    },
  ],
});
