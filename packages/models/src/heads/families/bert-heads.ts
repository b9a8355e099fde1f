// The heads of BERT and its relatives (transformers' modeling_<family>.py): a classifier on one state, a language model, or answers
// for each token.

import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../../parts/activations.ts";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import { ClassificationHead } from "../classification-head.ts";
import { type Head, noHead } from "../head.ts";
import type { ColumnsOf } from "../pooling.ts";
import { QuestionHead } from "../question-head.ts";
import { TokenHead } from "../token-head.ts";
import { encoderHeads, firstColumns, languageModel } from "./encoder-heads.ts";

const gelu = activations["gelu-erf"];
const tanh = (x: tf.Tensor) => tf.tanh(x);

/** The heads of BERT, ALBERT and NomicBERT: a classifier on the pooled first state. */
export const bertHeads = encoderHeads({ sequence: { activation: tanh, dropsTwice: false } });

export const distilbertHeads = encoderHeads({
  // transformers uses `dropout` here and ignores `seq_classif_dropout`.
  tokenDropout: "residual",
  sequence: { activation: (x) => tf.relu(x), dropsTwice: false },
});

export const electraHeads = encoderHeads({
  // This activation is fixed; hidden_act does not change it.
  activation: gelu,
  sequence: { activation: gelu.apply, dropsTwice: true },
  choice: { activation: gelu.apply, dropsTwice: false, dropout: "summary" },
});

/** transformers keeps the pooler outside the base model; its activation is GELU. */
export const debertaV2Heads = encoderHeads({
  tokenDropout: "residual",
  sequence: { activation: gelu.apply, dropsTwice: false },
});

export const robertaHeads = encoderHeads({
  activation: gelu,
  sequence: { activation: tanh, dropsTwice: true },
  // transformers uses `hidden_dropout_prob` here and ignores `classifier_dropout`.
  choice: { activation: tanh, dropsTwice: false, dropout: "residual" },
});

/**
 * ModernBERT's heads (transformers' modeling_modernbert.py): norm(gelu(dense(state))) and a last linear layer, on every token or on
 * the state that represents the sequence.
 */
export function modernbertHeads(model: PartList, backbone: Backbone): Head {
  const { task, config } = model.plan;
  if (task === "feature-extraction") return noHead;
  if (task === "masked-lm") return languageModel(model, backbone, gelu);
  const dense = model.linear("head.dense");
  const norm = model.norm("head.norm");
  const transform: Layer = (state, pass) => {
    const shaped = norm.forward(gelu.apply(dense.forward(state, pass.context)), pass.context);
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

/** For multiple choice, the first token that is not padding. For classifiers, transformers takes the first column. */
const firstShown: ColumnsOf = (pass) => {
  const { attentionMask } = pass.inputs;
  return attentionMask === undefined ? firstColumns(pass) : tf.argMax<tf.Tensor1D>(attentionMask, 1);
};
