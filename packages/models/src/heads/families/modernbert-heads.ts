// ModernBERT's heads (transformers' modeling_modernbert.py): norm(gelu(dense(state))) and a last map, on every token or on
// what stands for the sequence.

import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../../parts/activations.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import { ClassificationHead } from "../classification-head.ts";
import type { Head } from "../head.ts";
import { noHead } from "../no-head.ts";
import type { ColumnsOf } from "../pooling.ts";
import { QuestionHead } from "../question-head.ts";
import { TokenHead } from "../token-head.ts";
import { firstColumns, languageModel } from "./encoder-heads.ts";

const activation = activations["gelu-erf"];

export function modernbertHeads(model: PartList, trunk: Trunk): Head {
  const { task, config } = model.plan;
  if (task === "feature-extraction") return noHead;
  const paths = { dense: "head.dense", norm: "head.norm" };
  if (task === "masked-lm") return languageModel(model, trunk, { ...paths, output: "decoder", activation });
  const dense = model.linear(paths.dense);
  const norm = model.norm(paths.norm);
  const transform: Layer = (state, pass) => {
    const shaped = norm.forward(activation.apply(dense.forward(state, pass.context)), pass.context);
    return pass.drop(shaped, config.dropouts.classifier, "classifier");
  };
  const site = model.linear("classifier");
  if (task === "token-classification") return new TokenHead({ site, shift: 0, transform });
  if (task === "question-answering") return new QuestionHead({ site, transform });
  const isChoice = task === "multiple-choice";
  const first = isChoice ? firstShown : firstColumns;
  return new ClassificationHead({
    site,
    transform,
    problemType: isChoice ? "single_label_classification" : config.problemType,
    columns: config.switches.meanPooling ? "mean" : first,
  });
}

/** Of choices, the first token that is no padding; of a classifier's texts transformers takes the first column. */
const firstShown: ColumnsOf = (pass) => {
  const { attentionMask } = pass.inputs;
  return attentionMask === undefined ? firstColumns(pass) : tf.argMax<tf.Tensor1D>(attentionMask, 1);
};
