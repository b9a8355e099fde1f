// BERT (Devlin et al. 2018), as transformers' modeling_bert.py names it.

import type { Family } from "../../family.ts";
import type { Task } from "../../task.ts";
import {
  bertConfig,
  bertEmbeddings,
  bertLinears,
  bertNorms,
  classifierRow,
  encoderClasses,
  languageHead,
  multipleChoice,
  poolerRow,
  positionCounter,
  questionAnswering,
  tensorflowSpellings,
  tokenClassification,
} from "../shared/encoder-rows.ts";

/** What reads the pooled state. */
const pooled: readonly Task[] = [
  "sequence-classification",
  "multiple-choice",
  "next-sentence-prediction",
  "feature-extraction",
];

const languageModel = languageHead({
  dense: "cls.predictions.transform.dense",
  norm: "cls.predictions.transform.LayerNorm",
  output: "cls.predictions.decoder",
  bias: "cls.predictions.bias",
});

/** The tables of `bert`. */
export const bert: Family = {
  modelType: "bert",
  causal: false,
  basePrefix: "bert",
  architectures: encoderClasses("Bert", [
    ["BertLMHeadModel", "causal-lm"],
    ["BertForNextSentencePrediction", "next-sentence-prediction"],
  ]),
  config: {
    ...bertConfig,
    harmless: [
      "directionality",
      "pooler_fc_size",
      "pooler_num_attention_heads",
      "pooler_num_fc_layers",
      "pooler_size_per_head",
      "pooler_type",
    ],
  },
  embeddings: bertEmbeddings(),
  linears: [...bertLinears, poolerRow(pooled)],
  norms: bertNorms(),
  heads: {
    "masked-lm": languageModel,
    "causal-lm": languageModel,
    "sequence-classification": tokenClassification,
    "token-classification": tokenClassification,
    "question-answering": questionAnswering,
    "multiple-choice": multipleChoice,
    "next-sentence-prediction": { linears: [classifierRow("cls.seq_relationship", 2)] },
  },
  ignoredFileKeys: [positionCounter],
  fileSpellings: [{ file: "cls.predictions.decoder.bias", path: "cls.predictions.bias" }, ...tensorflowSpellings],
};
