// BERT's heads (transformers' modeling_bert.py): the pooler and a classifier on it, a language model, or answers for each
// token.

import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../../parts/activations.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import type { Head } from "../head.ts";
import { noHead } from "../no-head.ts";
import { denseClassifier, languageModel, questionAnswerer, tokenClassifier } from "./encoder-heads.ts";

export function bertHeads(model: PartList, trunk: Trunk): Head {
  const { task, config } = model.plan;
  if (task === "masked-lm" || task === "causal-lm") {
    const dense = "cls.predictions.transform.dense";
    const norm = "cls.predictions.transform.LayerNorm";
    const activation = activations[config.activation];
    const paths = { dense, norm, output: "cls.predictions.decoder", unusedBias: "cls.predictions.bias" };
    return languageModel(model, trunk, { ...paths, activation });
  }
  if (task === "token-classification") return tokenClassifier(model);
  if (task === "question-answering") return questionAnswerer(model);
  const pooled = { dense: "pooler.dense", activation: (x: tf.Tensor) => tf.tanh(x), dropsTwice: false };
  if (task === "next-sentence-prediction") {
    return denseClassifier(model, { ...pooled, classifier: "cls.seq_relationship", rate: 0 });
  }
  if (task !== "feature-extraction") return denseClassifier(model, { ...pooled, classifier: "classifier" });
  // Part of the base model, though nothing reads it, so that it can be adapted and exported.
  model.linear("pooler.dense");
  return noHead;
}
