// BERT (Devlin et al. 2018), as transformers' modeling_bert.py names it.

import type { Family } from "./family.ts";

const linear = { bias: true, layout: "out-in" } as const;
const hiddenToHidden = { inFeatures: "hidden", outFeatures: "hidden", ...linear } as const;

export const bert: Family = {
  modelType: "bert",
  causal: false,
  basePrefix: "bert",
  architectures: new Map([
    ["BertForMaskedLM", "masked-lm"],
    ["BertForSequenceClassification", "sequence-classification"],
    ["BertModel", "feature-extraction"],
  ]),
  config: {
    sizes: {
      vocabularySize: { keys: ["vocab_size"] },
      hiddenSize: { keys: ["hidden_size"] },
      intermediateSize: { keys: ["intermediate_size"] },
      layers: { keys: ["num_hidden_layers"] },
      heads: { keys: ["num_attention_heads"] },
      maxPositions: { keys: ["max_position_embeddings"], fallback: 512 },
      tokenTypes: { keys: ["type_vocab_size"], fallback: 2 },
    },
    activation: { key: "hidden_act", fallback: "gelu" },
    normEpsilon: { key: "layer_norm_eps", fallback: 1e-12 },
    dropouts: {
      embedding: { keys: ["hidden_dropout_prob"], fallback: 0.1 },
      attention: { keys: ["attention_probs_dropout_prob"], fallback: 0.1 },
      residual: { keys: ["hidden_dropout_prob"], fallback: 0.1 },
      classifier: { keys: ["classifier_dropout", "hidden_dropout_prob"], fallback: 0.1 },
    },
    tiedByDefault: true,
    rotary: false,
    fixed: [
      {
        key: "position_embedding_type",
        values: ["absolute"],
        effect: "other types add relative positions to attention",
      },
      { key: "is_decoder", values: [false], effect: "true hides later positions from earlier ones" },
      { key: "add_cross_attention", values: [false], effect: "true adds attention to an encoder" },
    ],
    harmless: [
      "directionality",
      "pooler_fc_size",
      "pooler_num_attention_heads",
      "pooler_num_fc_layers",
      "pooler_size_per_head",
      "pooler_type",
    ],
  },
  embeddings: [
    { path: "embeddings.word_embeddings", role: "input-embedding", rows: "vocabulary" },
    { path: "embeddings.position_embeddings", role: "positions", rows: "positions" },
    { path: "embeddings.token_type_embeddings", role: "token-types", rows: "token-types" },
  ],
  linears: [
    { path: "encoder.layer.{n}.attention.self.query", role: "query", ...hiddenToHidden },
    { path: "encoder.layer.{n}.attention.self.key", role: "key", ...hiddenToHidden },
    { path: "encoder.layer.{n}.attention.self.value", role: "value", ...hiddenToHidden },
    { path: "encoder.layer.{n}.attention.output.dense", role: "attention-output", ...hiddenToHidden },
    {
      path: "encoder.layer.{n}.intermediate.dense",
      role: "feed-forward-up",
      inFeatures: "hidden",
      outFeatures: "intermediate",
      ...linear,
    },
    {
      path: "encoder.layer.{n}.output.dense",
      role: "feed-forward-down",
      inFeatures: "intermediate",
      outFeatures: "hidden",
      ...linear,
    },
    {
      path: "pooler.dense",
      role: "pooler",
      tasks: ["sequence-classification", "feature-extraction"],
      newIfMissing: true,
      ...hiddenToHidden,
    },
  ],
  norms: [
    { path: "embeddings.LayerNorm", kind: "layer" },
    { path: "encoder.layer.{n}.attention.output.LayerNorm", kind: "layer" },
    { path: "encoder.layer.{n}.output.LayerNorm", kind: "layer" },
  ],
  heads: {
    "masked-lm": {
      linears: [
        { path: "cls.predictions.transform.dense", role: "head-transform", ...hiddenToHidden },
        {
          path: "cls.predictions.decoder",
          role: "output-head",
          inFeatures: "hidden",
          outFeatures: "vocabulary",
          biasPath: "cls.predictions.bias",
          ...linear,
        },
      ],
      norms: [{ path: "cls.predictions.transform.LayerNorm", kind: "layer" }],
      tie: { head: "cls.predictions.decoder", embedding: "embeddings.word_embeddings" },
    },
    "sequence-classification": {
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
  // A counter 0, 1, 2 …; the next-sentence head, which no task here uses; a bias without use where the head is not tied.
  ignoredFileKeys: [
    "embeddings.position_ids",
    "cls.seq_relationship.weight",
    "cls.seq_relationship.bias",
    "cls.predictions.bias",
  ],
  // The names of TensorFlow's layer norms, which the original checkpoints keep; the second name of the head's bias.
  fileSpellings: [
    { file: "cls.predictions.decoder.bias", path: "cls.predictions.bias" },
    { file: ".LayerNorm.gamma", path: ".LayerNorm.weight" },
    { file: ".LayerNorm.beta", path: ".LayerNorm.bias" },
  ],
};
