// ELECTRA (Clark et al. 2020), as transformers' modeling_electra.py names it: BERT's layers on embeddings that may be
// narrower, no pooler.

import {
  bertConfig,
  bertEmbeddings,
  bertLinears,
  bertNorms,
  classifierRow,
  firstTokenClassification,
  languageHead,
  likeBert,
  tensorflowSpellings,
  transformRow,
} from "../shared/encoder-rows.ts";

const linear = { bias: true, layout: "out-in" } as const;

const languageModel = languageHead(
  {
    dense: "generator_predictions.dense",
    norm: "generator_predictions.LayerNorm",
    output: "generator_lm_head",
  },
  "embedding",
);

/** The tables of `electra`. */
export const electra = likeBert("electra", "Electra", {
  classes: [
    ["ElectraForCausalLM", "causal-lm"],
    ["ElectraForPreTraining", "replaced-token-detection"],
  ],
  config: {
    sizes: { ...bertConfig.sizes, embeddingSize: { keys: ["embedding_size"], fallback: 128 } },
    dropouts: { ...bertConfig.dropouts, summary: { keys: ["summary_last_dropout"], fallback: 0.1 } },
    fixed: [
      ...bertConfig.fixed,
      ...[
        { key: "summary_type", values: ["first"] },
        { key: "summary_use_proj", values: [true] },
        { key: "summary_activation", values: ["gelu"] },
      ].map((row) => ({ ...row, effect: "choices are summarized differently", task: "multiple-choice" as const })),
    ],
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
    "masked-lm": languageModel,
    "causal-lm": languageModel,
    "sequence-classification": firstTokenClassification,
    "multiple-choice": { linears: [transformRow("sequence_summary.summary"), classifierRow("classifier", 1)] },
    "replaced-token-detection": {
      linears: [
        transformRow("discriminator_predictions.dense"),
        classifierRow("discriminator_predictions.dense_prediction", 1),
      ],
    },
  },
  fileSpellings: tensorflowSpellings,
});
