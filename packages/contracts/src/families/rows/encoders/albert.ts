// ALBERT (Lan et al. 2020), as transformers' modeling_albert.py names it: BERT whose layers are one, passed through again and
// again, with narrow embeddings.

import { bertConfig, bertEmbeddings, languageHead, likeBert, transformRow } from "../shared/encoder-rows.ts";
import { linearRows, normRows } from "../shared/module-rows.ts";

const linear = { bias: true, layout: "out-in" } as const;
const layer = "encoder.albert_layer_groups.0.albert_layers.0";

/** The tables of `albert`. */
export const albert = likeBert("albert", "Albert", {
  config: {
    sizes: { ...bertConfig.sizes, embeddingSize: { keys: ["embedding_size"], fallback: 128 } },
    activation: { key: "hidden_act", fallback: "gelu_new" },
    dropouts: {
      embedding: { keys: ["hidden_dropout_prob"], fallback: 0 },
      attention: { keys: ["attention_probs_dropout_prob"], fallback: 0 },
      residual: { keys: ["hidden_dropout_prob"], fallback: 0 },
      classifier: { keys: ["classifier_dropout_prob"], fallback: 0.1 },
    },
    switches: {},
    fixed: [
      ...bertConfig.fixed,
      { key: "num_hidden_groups", values: [1], effect: "layers have weights of their own" },
      { key: "inner_group_num", values: [1], effect: "layers have weights of their own" },
    ],
    // Settings of the first files that no code reads.
    ignored: [
      "down_scale_factor",
      "gap_size",
      "layers_to_keep",
      "net_structure_type",
      "num_memory_blocks",
      "classifier_dropout",
    ],
  },
  embeddings: bertEmbeddings("embedding"),
  linears: [
    ...linearRows(linear, [
      ["encoder.embedding_hidden_mapping_in", "embedding", "hidden"],
      [`${layer}.attention.query`, "hidden", "hidden"],
      [`${layer}.attention.key`, "hidden", "hidden"],
      [`${layer}.attention.value`, "hidden", "hidden"],
      [`${layer}.attention.dense`, "hidden", "hidden"],
      [`${layer}.ffn`, "hidden", "intermediate"],
      [`${layer}.ffn_output`, "intermediate", "hidden"],
    ]),
    { ...transformRow("pooler"), tasks: ["sequence-classification", "multiple-choice", "feature-extraction"] },
  ],
  norms: [
    { path: "embeddings.LayerNorm", kind: "layer", width: "embedding" },
    ...normRows("layer", [`${layer}.attention.LayerNorm`, `${layer}.full_layer_layer_norm`]),
  ],
  heads: {
    "masked-lm": languageHead(
      {
        dense: "predictions.dense",
        norm: "predictions.LayerNorm",
        output: "predictions.decoder",
        bias: "predictions.bias",
      },
      "embedding",
    ),
  },
  fileSpellings: [{ file: "predictions.decoder.bias", path: "predictions.bias" }],
});
