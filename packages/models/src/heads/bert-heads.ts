// BERT's heads (transformers' modeling_bert.py): the pooler and a classifier on it, a masked language model, or answers
// for each token.

import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../parts/activations.ts";
import type { PartList } from "../parts/part-list.ts";
import type { Trunk } from "../parts/trunk.ts";
import { denseClassifier, maskedLanguageModel, questionAnswerer, tokenClassifier } from "./encoder-heads.ts";
import type { Head } from "./head.ts";
import { noHead } from "./no-head.ts";

export function bertHeads(model: PartList, trunk: Trunk): Head {
  const { task, config } = model.plan;
  if (task === "masked-lm") {
    const dense = "cls.predictions.transform.dense";
    const norm = "cls.predictions.transform.LayerNorm";
    const activation = activations[config.activation];
    const paths = { dense, norm, output: "cls.predictions.decoder", unusedBias: "cls.predictions.bias" };
    return maskedLanguageModel(model, trunk, { ...paths, activation });
  }
  if (task === "token-classification") return tokenClassifier(model);
  if (task === "question-answering") return questionAnswerer(model);
  if (task === "sequence-classification") {
    const paths = { dense: "pooler.dense", classifier: "classifier" };
    return denseClassifier(model, { ...paths, activation: (x) => tf.tanh(x), dropsTwice: false });
  }
  // Part of the base model, though nothing reads it, so that it can be adapted and exported.
  model.linear("pooler.dense");
  return noHead;
}
