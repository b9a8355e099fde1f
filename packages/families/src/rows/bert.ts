// BERT (Devlin et al. 2018), as transformers' modeling_bert.py names it.

import type { Family } from "../family.ts";
import {
  bertConfig,
  bertEmbeddings,
  bertLinears,
  bertNorms,
  classifierRow,
  encoderClasses,
  hiddenToHidden,
  poolerRow,
  positionCounter,
  questionAnswering,
  tensorflowSpellings,
  tokenClassification,
  unusedBias,
} from "./encoder-rows.ts";

export const bert: Family = {
  modelType: "bert",
  causal: false,
  basePrefix: "bert",
  architectures: encoderClasses("Bert"),
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
  linears: [...bertLinears, poolerRow(["sequence-classification", "feature-extraction"])],
  norms: bertNorms(),
  heads: {
    "masked-lm": {
      tensors: [unusedBias("cls.predictions.bias")],
      linears: [
        { path: "cls.predictions.transform.dense", ...hiddenToHidden },
        {
          path: "cls.predictions.decoder",
          role: "output-head",
          inFeatures: "hidden",
          outFeatures: "vocabulary",
          bias: true,
          biasPath: "cls.predictions.bias",
          layout: "out-in",
        },
      ],
      norms: [{ path: "cls.predictions.transform.LayerNorm", kind: "layer" }],
      tie: { head: "cls.predictions.decoder", embedding: "embeddings.word_embeddings" },
    },
    "sequence-classification": { linears: [classifierRow("classifier")] },
    "token-classification": tokenClassification,
    "question-answering": questionAnswering,
  },
  // The next-sentence head, which no task here uses.
  ignoredFileKeys: [positionCounter, "cls.seq_relationship.weight", "cls.seq_relationship.bias"],
  fileSpellings: [{ file: "cls.predictions.decoder.bias", path: "cls.predictions.bias" }, ...tensorflowSpellings],
};
