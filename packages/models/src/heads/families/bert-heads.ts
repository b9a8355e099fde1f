// BERT's heads (transformers' modeling_bert.py): the pooler and a classifier on it, a language model, or answers for each
// token.

import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../../parts/activations.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import { ClassificationHead } from "../classification-head.ts";
import { type Head, noHead } from "../head.ts";
import type { ColumnsOf } from "../pooling.ts";
import { QuestionHead } from "../question-head.ts";
import { replacedTokenHead } from "../replaced-token-head.ts";
import { TokenHead } from "../token-head.ts";
import {
  denseClassifier,
  firstColumns,
  languageModel,
  pooledHeads,
  questionAnswerer,
  tokenClassifier,
} from "./encoder-heads.ts";

export function bertHeads(model: PartList, trunk: Trunk): Head {
  return pooledHeads(model, trunk, {
    pooler: "pooler.dense",
    dense: "cls.predictions.transform.dense",
    norm: "cls.predictions.transform.LayerNorm",
    output: "cls.predictions.decoder",
    unusedBias: "cls.predictions.bias",
  });
}

/** ALBERT's heads (transformers' modeling_albert.py): BERT's, under other names. */
export function albertHeads(model: PartList, trunk: Trunk): Head {
  return pooledHeads(model, trunk, {
    pooler: "pooler",
    dense: "predictions.dense",
    norm: "predictions.LayerNorm",
    output: "predictions.decoder",
    unusedBias: "predictions.bias",
  });
}

/** DistilBERT's heads (transformers' modeling_distilbert.py). */
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

/** ELECTRA's heads (transformers' modeling_electra.py). */
export function electraHeads(model: PartList, trunk: Trunk): Head {
  const { task, config } = model.plan;
  // Whatever hidden_act says.
  const activation = activations["gelu-erf"];
  if (task === "masked-lm" || task === "causal-lm") {
    const dense = "generator_predictions.dense";
    const norm = "generator_predictions.LayerNorm";
    return languageModel(model, trunk, { dense, norm, output: "generator_lm_head", activation });
  }
  if (task === "token-classification") return tokenClassifier(model);
  if (task === "question-answering") return questionAnswerer(model);
  if (task === "replaced-token-detection") return replacedTokenHead(model);
  if (task === "multiple-choice") {
    const paths = { dense: "sequence_summary.summary", classifier: "classifier" };
    const rate = config.dropouts.summary;
    return denseClassifier(model, { ...paths, activation: activation.apply, dropsTwice: false, rate });
  }
  if (task !== "sequence-classification") return noHead;
  const paths = { dense: "classifier.dense", classifier: "classifier.out_proj" };
  return denseClassifier(model, { ...paths, activation: activation.apply, dropsTwice: true });
}

/**
 * DeBERTa v2's heads (transformers' modeling_deberta_v2.py): BERT's, but with a pooler that lies beside the base model and whose
 * function is GELU.
 */
export function debertaV2Heads(model: PartList, trunk: Trunk): Head {
  const { task, config } = model.plan;
  if (task === "masked-lm") {
    const dense = "cls.predictions.transform.dense";
    const norm = "cls.predictions.transform.LayerNorm";
    const paths = { dense, norm, output: "cls.predictions.decoder", unusedBias: "cls.predictions.bias" };
    return languageModel(model, trunk, { ...paths, activation: activations[config.activation] });
  }
  if (task === "token-classification") return tokenClassifier(model, { rate: config.dropouts.residual });
  if (task === "question-answering") return questionAnswerer(model);
  if (task === "feature-extraction") return noHead;
  const paths = { dense: "pooler.dense", classifier: "classifier" };
  return denseClassifier(model, { ...paths, activation: activations["gelu-erf"].apply, dropsTwice: false });
}

/** NomicBERT's heads (transformers' modeling_nomic_bert.py): BERT's, but the model without a head has no pooler. */
export function nomicBertHeads(model: PartList, trunk: Trunk): Head {
  if (model.plan.task === "feature-extraction") return noHead;
  return pooledHeads(model, trunk, {
    pooler: "pooler.dense",
    dense: "cls.predictions.transform.dense",
    norm: "cls.predictions.transform.layer_norm",
    output: "cls.predictions.decoder",
    unusedBias: "cls.predictions.bias",
  });
}

/** RoBERTa's heads (transformers' modeling_roberta.py). */
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

const activation = activations["gelu-erf"];

/**
 * ModernBERT's heads (transformers' modeling_modernbert.py): norm(gelu(dense(state))) and a last map, on every token or on
 * what stands for the sequence.
 */
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
