// RoBERTa (Liu et al. 2019), as transformers' modeling_roberta.py names it: BERT's layers, positions counted from the
// padding id, other heads.

import type { Family } from "../../family.ts";
import {
  bertConfig,
  bertEmbeddings,
  bertLinears,
  bertNorms,
  encoderClasses,
  firstTokenClassification,
  languageHead,
  multipleChoice,
  poolerRow,
  positionCounter,
  questionAnswering,
  tensorflowSpellings,
  tokenClassification,
} from "../shared/encoder-rows.ts";

const languageModel = languageHead({
  dense: "lm_head.dense",
  norm: "lm_head.layer_norm",
  output: "lm_head.decoder",
  bias: "lm_head.bias",
});

/** RoBERTa, or a relative of it that computes alike: its type, and how its classes' names begin. */
function likeRoberta(modelType: string, name: string): Family {
  return {
    modelType,
    causal: false,
    positionsAfterPadding: true,
    basePrefix: "roberta",
    architectures: encoderClasses(name, [[`${name}ForCausalLM`, "causal-lm"]]),
    config: { ...bertConfig, tokenIds: { padding: 1 } },
    embeddings: bertEmbeddings(),
    linears: [...bertLinears, poolerRow(["multiple-choice", "feature-extraction"])],
    norms: bertNorms(),
    heads: {
      "masked-lm": languageModel,
      "causal-lm": languageModel,
      "sequence-classification": firstTokenClassification,
      "token-classification": tokenClassification,
      "question-answering": questionAnswering,
      "multiple-choice": multipleChoice,
    },
    ignoredFileKeys: [positionCounter],
    fileSpellings: [{ file: "lm_head.decoder.bias", path: "lm_head.bias" }, ...tensorflowSpellings],
  };
}

/** The tables of `roberta`. */
export const roberta = likeRoberta("roberta", "Roberta");

/** The tables of `camembert`. */
export const camembert = likeRoberta("camembert", "Camembert");

/** The tables of `xlm-roberta`. */
export const xlmRoberta = likeRoberta("xlm-roberta", "XLMRoberta");
