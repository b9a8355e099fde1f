// RoBERTa (Liu et al. 2019), as transformers' modeling_roberta.py names it: BERT's layers, positions counted from the
// padding id, other heads.

import {
  bertLinears,
  firstTokenClassification,
  languageHead,
  likeBert,
  poolerRow,
  tensorflowSpellings,
} from "../shared/encoder-rows.ts";

export const robertaLanguageModel = languageHead({
  dense: "lm_head.dense",
  norm: "lm_head.layer_norm",
  output: "lm_head.decoder",
  bias: "lm_head.bias",
});

/** The name that files have for its bias. */
export const robertaBias = { file: "lm_head.decoder.bias", path: "lm_head.bias" } as const;

/** RoBERTa, or a relative with the same computation: its type, and the beginning of its class names. */
function likeRoberta(modelType: string, name: string) {
  return likeBert(modelType, name, {
    classes: [[`${name}ForCausalLM`, "causal-lm"]],
    positionsAfterPadding: true,
    basePrefix: "roberta",
    config: { tokenIds: { padding: 1 } },
    linears: [...bertLinears, poolerRow(["multiple-choice", "feature-extraction"])],
    heads: {
      "masked-lm": robertaLanguageModel,
      "causal-lm": robertaLanguageModel,
      "sequence-classification": firstTokenClassification,
    },
    fileSpellings: [robertaBias, ...tensorflowSpellings],
  });
}

/** The tables of `roberta`. */
export const roberta = likeRoberta("roberta", "Roberta");

/** The tables of `camembert`. */
export const camembert = likeRoberta("camembert", "Camembert");

/** The tables of `xlm-roberta`. */
export const xlmRoberta = likeRoberta("xlm-roberta", "XLMRoberta");
