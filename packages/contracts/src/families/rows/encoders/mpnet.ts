// MPNet (Song et al. 2020), as transformers' modeling_mpnet.py names it: RoBERTa's positions and heads, T5's biases of
// attention.

import { bertConfig, firstTokenClassification, likeBert, poolerRow } from "../shared/encoder-rows.ts";
import { linearRows, normRows } from "../shared/module-rows.ts";
import { robertaBias, robertaLanguageModel } from "./roberta.ts";

const { tokenTypes: _, ...sizes } = bertConfig.sizes;

/** The tables of `mpnet`. */
export const mpnet = likeBert("mpnet", "MPNet", {
  positionsAfterPadding: true,
  config: {
    sizes: { ...sizes, positionBuckets: { keys: ["relative_attention_num_buckets"], fallback: 32 } },
    dropouts: { ...bertConfig.dropouts, classifier: { keys: ["hidden_dropout_prob"], fallback: 0.1 } },
    tokenIds: { padding: 1 },
    switches: {},
    fixed: [
      { key: "pad_token_id", values: [1], effect: "transformers always counts positions from 1" },
      { key: "relative_attention_num_buckets", values: [32], effect: "transformers always uses 32 buckets" },
    ],
  },
  embeddings: [
    { path: "embeddings.word_embeddings", rows: "vocabulary" },
    { path: "embeddings.position_embeddings", rows: "positions" },
    { path: "encoder.relative_attention_bias", rows: "position-buckets", columns: "heads" },
  ],
  linears: [
    ...linearRows({ bias: true, layout: "out-in" }, [
      ["encoder.layer.{n}.attention.attn.q", "hidden", "hidden"],
      ["encoder.layer.{n}.attention.attn.k", "hidden", "hidden"],
      ["encoder.layer.{n}.attention.attn.v", "hidden", "hidden"],
      ["encoder.layer.{n}.attention.attn.o", "hidden", "hidden"],
      ["encoder.layer.{n}.intermediate.dense", "hidden", "intermediate"],
      ["encoder.layer.{n}.output.dense", "intermediate", "hidden"],
    ]),
    poolerRow(["multiple-choice", "feature-extraction"]),
  ],
  norms: normRows("layer", [
    "embeddings.LayerNorm",
    "encoder.layer.{n}.attention.LayerNorm",
    "encoder.layer.{n}.output.LayerNorm",
  ]),
  heads: { "masked-lm": robertaLanguageModel, "sequence-classification": firstTokenClassification },
  fileSpellings: [robertaBias],
});
