// DistilBERT (Sanh et al. 2019), as transformers' modeling_distilbert.py names it: BERT without segments and pooler.

import { classifierRow, languageHead, likeBert, tensorflowSpellings, transformRow } from "../shared/encoder-rows.ts";
import { linearRows, normRows } from "../shared/module-rows.ts";

const linear = { bias: true, layout: "out-in" } as const;

/** The tables of `distilbert`. */
export const distilbert = likeBert("distilbert", "DistilBert", {
  config: {
    sizes: {
      vocabularySize: { keys: ["vocab_size"] },
      hiddenSize: { keys: ["dim"] },
      intermediateSize: { keys: ["hidden_dim"] },
      layers: { keys: ["n_layers"] },
      heads: { keys: ["n_heads"] },
      maxPositions: { keys: ["max_position_embeddings"], fallback: 512 },
    },
    activation: { key: "activation", fallback: "gelu" },
    normEpsilon: { fallback: 1e-12 },
    dropouts: {
      embedding: { keys: ["dropout"], fallback: 0.1 },
      attention: { keys: ["attention_dropout"], fallback: 0.1 },
      residual: { keys: ["dropout"], fallback: 0.1 },
      classifier: { keys: ["seq_classif_dropout"], fallback: 0.2 },
      question: { keys: ["qa_dropout"], fallback: 0.1 },
    },
    fixed: [],
    // How positions begin before training: the file has them as they are.
    ignored: ["sinusoidal_pos_embds", "tie_weights_", "is_decoder"],
  },
  embeddings: [
    { path: "embeddings.word_embeddings", rows: "vocabulary" },
    { path: "embeddings.position_embeddings", rows: "positions" },
  ],
  linears: linearRows(linear, [
    ["transformer.layer.{n}.attention.q_lin", "hidden", "hidden"],
    ["transformer.layer.{n}.attention.k_lin", "hidden", "hidden"],
    ["transformer.layer.{n}.attention.v_lin", "hidden", "hidden"],
    ["transformer.layer.{n}.attention.out_lin", "hidden", "hidden"],
    ["transformer.layer.{n}.ffn.lin1", "hidden", "intermediate"],
    ["transformer.layer.{n}.ffn.lin2", "intermediate", "hidden"],
  ]),
  norms: normRows("layer", [
    "embeddings.LayerNorm",
    "transformer.layer.{n}.sa_layer_norm",
    "transformer.layer.{n}.output_layer_norm",
  ]),
  heads: {
    "masked-lm": languageHead({ dense: "vocab_transform", norm: "vocab_layer_norm", output: "vocab_projector" }),
    "sequence-classification": { linears: [transformRow("pre_classifier"), classifierRow("classifier")] },
    "multiple-choice": { linears: [transformRow("pre_classifier"), classifierRow("classifier", 1)] },
  },
  fileSpellings: tensorflowSpellings,
});
