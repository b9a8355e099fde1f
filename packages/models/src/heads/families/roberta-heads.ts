// RoBERTa's heads (transformers' modeling_roberta.py).

import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../../parts/activations.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import type { Head } from "../head.ts";
import { noHead } from "../no-head.ts";
import { denseClassifier, languageModel, questionAnswerer, tokenClassifier } from "./encoder-heads.ts";

export function robertaHeads(model: PartList, trunk: Trunk): Head {
  const { task, config } = model.plan;
  if (task === "masked-lm" || task === "causal-lm") {
    const activation = activations["gelu-erf"];
    const paths = {
      dense: "lm_head.dense",
      norm: "lm_head.layer_norm",
      output: "lm_head.decoder",
      unusedBias: "lm_head.bias",
    };
    return languageModel(model, trunk, { ...paths, activation });
  }
  if (task === "token-classification") return tokenClassifier(model);
  if (task === "question-answering") return questionAnswerer(model);
  const activation = (x: tf.Tensor) => tf.tanh(x);
  if (task === "sequence-classification") {
    const paths = { dense: "classifier.dense", classifier: "classifier.out_proj" };
    return denseClassifier(model, { ...paths, activation, dropsTwice: true });
  }
  if (task === "multiple-choice") {
    const paths = { dense: "pooler.dense", classifier: "classifier" };
    // transformers drops at `hidden_dropout_prob` here, whatever `classifier_dropout` says.
    return denseClassifier(model, { ...paths, activation, dropsTwice: false, rate: config.dropouts.residual });
  }
  // Part of the base model, though nothing reads it, so that it can be adapted and exported.
  model.linear("pooler.dense");
  return noHead;
}
