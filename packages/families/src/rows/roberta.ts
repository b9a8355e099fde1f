// RoBERTa (Liu et al. 2019), as transformers' modeling_roberta.py names it: BERT's layers, positions counted from the
// padding id, other heads.

import type { Family } from "../family.ts";
import {
  bertConfig,
  bertEmbeddings,
  bertLinears,
  bertNorms,
  encoderClasses,
  firstTokenClassification,
  hiddenToHidden,
  poolerRow,
  positionCounter,
  questionAnswering,
  tensorflowSpellings,
  tokenClassification,
  unusedBias,
} from "./encoder-rows.ts";

export const roberta: Family = {
  modelType: "roberta",
  causal: false,
  basePrefix: "roberta",
  architectures: encoderClasses("Roberta"),
  config: { ...bertConfig, tokenIds: { padding: 1 } },
  embeddings: bertEmbeddings(),
  linears: [...bertLinears, poolerRow(["feature-extraction"])],
  norms: bertNorms(),
  heads: {
    "masked-lm": {
      tensors: [unusedBias("lm_head.bias")],
      linears: [
        { path: "lm_head.dense", ...hiddenToHidden },
        {
          path: "lm_head.decoder",
          role: "output-head",
          inFeatures: "hidden",
          outFeatures: "vocabulary",
          bias: true,
          biasPath: "lm_head.bias",
          layout: "out-in",
        },
      ],
      norms: [{ path: "lm_head.layer_norm", kind: "layer" }],
      tie: { head: "lm_head.decoder", embedding: "embeddings.word_embeddings" },
    },
    "sequence-classification": firstTokenClassification,
    "token-classification": tokenClassification,
    "question-answering": questionAnswering,
  },
  ignoredFileKeys: [positionCounter],
  fileSpellings: [{ file: "lm_head.decoder.bias", path: "lm_head.bias" }, ...tensorflowSpellings],
};
