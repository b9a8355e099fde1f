// BERT (Devlin et al. 2018), as transformers' modeling_bert.py names it.

import type { Task } from "../../task.ts";
import {
  bertLinears,
  classifierRow,
  likeBert,
  poolerRow,
  predictionBias,
  predictionHead,
  tensorflowSpellings,
} from "../shared/encoder-rows.ts";

const pooled: readonly Task[] = [
  "sequence-classification",
  "multiple-choice",
  "next-sentence-prediction",
  "feature-extraction",
];

const languageModel = predictionHead();

/** The tables of `bert`. */
export const bert = likeBert("bert", "Bert", {
  classes: [
    ["BertLMHeadModel", "causal-lm"],
    ["BertForNextSentencePrediction", "next-sentence-prediction"],
  ],
  config: {
    ignored: [
      "directionality",
      "pooler_fc_size",
      "pooler_num_attention_heads",
      "pooler_num_fc_layers",
      "pooler_size_per_head",
      "pooler_type",
    ],
  },
  linears: [...bertLinears, poolerRow(pooled)],
  heads: {
    "masked-lm": languageModel,
    "causal-lm": languageModel,
    "next-sentence-prediction": { linears: [classifierRow("cls.seq_relationship", 2)] },
  },
  fileSpellings: [predictionBias, ...tensorflowSpellings],
});
