// DistilBERT's heads (transformers' modeling_distilbert.py).

import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../../parts/activations.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import type { Head } from "../head.ts";
import { noHead } from "../no-head.ts";
import { denseClassifier, languageModel, questionAnswerer, tokenClassifier } from "./encoder-heads.ts";

export function distilbertHeads(model: PartList, trunk: Trunk): Head {
  const { task, config } = model.plan;
  if (task === "masked-lm") {
    const activation = activations[config.activation];
    const paths = { dense: "vocab_transform", norm: "vocab_layer_norm", output: "vocab_projector" };
    return languageModel(model, trunk, { ...paths, activation });
  }
  // transformers drops at `dropout` here, not at `seq_classif_dropout`.
  if (task === "token-classification") return tokenClassifier(model, { rate: config.dropouts.residual });
  if (task === "question-answering") return questionAnswerer(model);
  if (task === "feature-extraction") return noHead;
  const paths = { dense: "pre_classifier", classifier: "classifier" };
  return denseClassifier(model, { ...paths, activation: (x) => tf.relu(x), dropsTwice: false });
}
