// DeBERTa v2 and v3 (He et al. 2021), as transformers' modeling_deberta_v2.py names them: BERT without absolute positions,
// whose attention depends on distances.

import {
  bertConfig,
  classifierRow,
  likeBert,
  positionCounter,
  predictionBias,
  predictionHead,
  transformRow,
} from "../shared/encoder-rows.ts";
import { linearRows, normRows } from "../shared/module-rows.ts";

/** The tables of `deberta-v2`. */
export const debertaV2 = likeBert("deberta-v2", "DebertaV2", {
  basePrefix: "deberta",
  config: {
    sizes: {
      ...bertConfig.sizes,
      tokenTypes: { keys: ["type_vocab_size"], fallback: 0 },
      positionBuckets: { keys: ["position_buckets"] },
    },
    normEpsilon: { key: "layer_norm_eps", fallback: 1e-7 },
    dropouts: { ...bertConfig.dropouts, classifier: { keys: ["cls_dropout", "hidden_dropout_prob"], fallback: 0.1 } },
    switches: {},
    fixed: [
      ...bertConfig.fixed,
      { key: "relative_attention", values: [true], effect: "without it attention ignores distances" },
      {
        key: "pos_att_type",
        values: ["p2c|c2p", "c2p|p2c", ["p2c", "c2p"], ["c2p", "p2c"]],
        effect: "scores use one kind of relative position only",
      },
      { key: "share_att_key", values: [true], effect: "distances have their own layers" },
      { key: "norm_rel_ebd", values: ["layer_norm"], effect: "states of distances have no norm" },
      { key: "max_relative_positions", values: [-1], effect: "far distances share states differently" },
      { key: "position_biased_input", values: [false], effect: "tokens also have absolute positions" },
      { key: "conv_kernel_size", values: [null, 0], effect: "a convolution follows the first layer" },
      { key: "pooler_dropout", values: [null, 0], effect: "dropout before the pooler" },
      { key: "pooler_hidden_act", values: ["gelu"], effect: "the pooled state has another activation" },
      { key: "legacy", values: [null, true], effect: "words are predicted by another head", task: "masked-lm" },
    ],
    // The width of the pooled state, which is that of the layers.
    ignored: ["conv_act", "pooler_hidden_size", "z_steps"],
  },
  embeddings: [
    { path: "embeddings.word_embeddings", rows: "vocabulary" },
    { path: "embeddings.token_type_embeddings", rows: "token-types", when: ({ tokenTypes }) => tokenTypes > 0 },
    { path: "encoder.rel_embeddings", rows: "double-position-buckets" },
  ],
  linears: linearRows({ bias: true, layout: "out-in" }, [
    ["encoder.layer.{n}.attention.self.query_proj", "hidden", "hidden"],
    ["encoder.layer.{n}.attention.self.key_proj", "hidden", "hidden"],
    ["encoder.layer.{n}.attention.self.value_proj", "hidden", "hidden"],
    ["encoder.layer.{n}.attention.output.dense", "hidden", "hidden"],
    ["encoder.layer.{n}.intermediate.dense", "hidden", "intermediate"],
    ["encoder.layer.{n}.output.dense", "intermediate", "hidden"],
  ]),
  norms: normRows("layer", [
    "embeddings.LayerNorm",
    "encoder.layer.{n}.attention.output.LayerNorm",
    "encoder.layer.{n}.output.LayerNorm",
    "encoder.LayerNorm",
  ]),
  heads: {
    "masked-lm": predictionHead(),
    "sequence-classification": { linears: [transformRow("pooler.dense"), classifierRow("classifier")] },
    "multiple-choice": { linears: [transformRow("pooler.dense"), classifierRow("classifier", 1)] },
  },
  // Further tensors in the first files: positions that are not added, and heads of the pre-training.
  ignoredFileKeys: [positionCounter, "embeddings.position_embeddings.weight"],
  fileSpellings: [predictionBias],
});
