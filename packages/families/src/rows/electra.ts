// ELECTRA (Clark et al. 2020), as transformers' modeling_electra.py names it: BERT's layers on embeddings that may be
// narrower, no pooler.

import type { Family } from "../family.ts";
import {
  bertConfig,
  bertEmbeddings,
  bertLinears,
  bertNorms,
  encoderClasses,
  firstTokenClassification,
  positionCounter,
  questionAnswering,
  tensorflowSpellings,
  tokenClassification,
} from "./encoder-rows.ts";

const linear = { bias: true, layout: "out-in" } as const;

export const electra: Family = {
  modelType: "electra",
  causal: false,
  basePrefix: "electra",
  architectures: encoderClasses("Electra"),
  config: {
    ...bertConfig,
    sizes: { ...bertConfig.sizes, embeddingSize: { keys: ["embedding_size"], fallback: 128 } },
  },
  embeddings: bertEmbeddings("embedding"),
  linears: [
    {
      path: "embeddings_project",

      inFeatures: "embedding",
      outFeatures: "hidden",
      when: ({ embeddingSize, hiddenSize }) => embeddingSize !== hiddenSize,
      ...linear,
    },
    ...bertLinears,
  ],
  norms: bertNorms("embedding"),
  heads: {
    "masked-lm": {
      linears: [
        {
          path: "generator_predictions.dense",

          inFeatures: "hidden",
          outFeatures: "embedding",
          ...linear,
        },
        {
          path: "generator_lm_head",
          role: "output-head",
          inFeatures: "embedding",
          outFeatures: "vocabulary",
          ...linear,
        },
      ],
      norms: [{ path: "generator_predictions.LayerNorm", kind: "layer", width: "embedding" }],
      tie: { head: "generator_lm_head", embedding: "embeddings.word_embeddings" },
    },
    "sequence-classification": firstTokenClassification,
    "token-classification": tokenClassification,
    "question-answering": questionAnswering,
  },
  // The head with which the published discriminators were trained; the generator's bias in old files.
  ignoredFileKeys: [
    positionCounter,
    "discriminator_predictions.dense.weight",
    "discriminator_predictions.dense.bias",
    "discriminator_predictions.dense_prediction.weight",
    "discriminator_predictions.dense_prediction.bias",
    "generator_lm_head.bias",
  ],
  fileSpellings: [...tensorflowSpellings],
};
