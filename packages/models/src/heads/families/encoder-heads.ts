// Heads that every encoder has and some decoders: an answer for each token, or one read from a single state.

import * as tf from "@tensorflow/tfjs-core";
import { type Activation, activations } from "../../parts/activations.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import { ClassificationHead } from "../classification-head.ts";
import { type Head, noHead } from "../head.ts";
import type { ColumnsOf } from "../pooling.ts";
import { QuestionHead } from "../question-head.ts";
import { TokenHead } from "../token-head.ts";

/** A class for every token. */
export function tokenClassifier(
  model: PartList,
  options: { readonly rate?: number; readonly path?: string } = {},
): Head {
  const { rate = model.plan.config.dropouts.classifier, path = "classifier" } = options;
  return new TokenHead({
    site: model.linear(path),
    shift: 0,
    transform: (hidden, pass) => pass.drop(hidden, rate, "classifier"),
  });
}

/** Where an answer starts and where it ends. */
export function questionAnswerer(model: PartList): Head {
  const { dropouts } = model.plan.config;
  return new QuestionHead({
    site: model.linear("qa_outputs"),
    transform: (hidden, pass) => pass.drop(hidden, dropouts.question, "question"),
  });
}

/** The first state of each row. */
export const firstColumns: ColumnsOf = ({ inputs: { inputIds, pixelValues } }) =>
  Array((inputIds ?? pixelValues)?.shape[0] ?? 0).fill(0);

export interface DenseClassifierOptions {
  /** Of the map before the classifier. */
  readonly dense: string;
  readonly classifier: string;
  readonly activation: (x: tf.Tensor) => tf.Tensor;
  /** Whether values drop out in front of `dense` too, and not only after it. */
  readonly dropsTwice: boolean;
  /** Rate of dropout; `dropouts.classifier` unless given. */
  readonly rate?: number;
  /** Which state stands for the sequence: the first token's unless given. */
  readonly columns?: ColumnsOf;
}

/** classifier(activation(dense(one token's state))): classes of a sequence, or how good a choice each sequence is. */
export function denseClassifier(model: PartList, options: DenseClassifierOptions): Head {
  const { config, task } = model.plan;
  const dense = model.linear(options.dense);
  const { columns = firstColumns, rate = config.dropouts.classifier } = options;
  const transform: Layer = (state, pass) => {
    const input = options.dropsTwice ? pass.drop(state, rate, "classifier/input") : state;
    return pass.drop(options.activation(dense.forward(input, pass.context)), rate, "classifier");
  };
  return new ClassificationHead({
    site: model.linear(options.classifier),
    // Whatever the file says: of two sentences or several choices one thing is true.
    problemType: task === "sequence-classification" ? config.problemType : "single_label_classification",
    columns,
    transform,
  });
}

export interface LanguageModelOptions {
  readonly dense: string;
  readonly norm: string;
  readonly output: string;
  /** A bias that is declared beside an untied output and not added. */
  readonly unusedBias?: string;
  readonly activation: Activation;
}

/**
 * output(norm(activation(dense(hidden)))), tied to the token embedding where the configuration says so: of hidden tokens,
 * or, where the task is a causal one, of the next.
 */
export function languageModel(model: PartList, trunk: Trunk, options: LanguageModelOptions): Head {
  if (options.unusedBias !== undefined) model.optionalTensor(options.unusedBias);
  const dense = model.linear(options.dense);
  const norm = model.norm(options.norm);
  return new TokenHead({
    site: model.linear(options.output, trunk.tokens),
    shift: model.plan.task === "causal-lm" ? 1 : 0,
    transform: (hidden, { context }) => norm.forward(options.activation.apply(dense.forward(hidden, context)), context),
  });
}

export interface PooledHeadNames extends Omit<LanguageModelOptions, "activation"> {
  readonly pooler: string;
}

/** BERT's heads: a classifier on the pooled first state, a language model, or answers for each token. */
export function pooledHeads(model: PartList, trunk: Trunk, { pooler, ...language }: PooledHeadNames): Head {
  const { task, config } = model.plan;
  if (task === "masked-lm" || task === "causal-lm") {
    return languageModel(model, trunk, { ...language, activation: activations[config.activation] });
  }
  if (task === "token-classification") return tokenClassifier(model);
  if (task === "question-answering") return questionAnswerer(model);
  const pooled = { dense: pooler, activation: (x: tf.Tensor) => tf.tanh(x), dropsTwice: false };
  if (task === "next-sentence-prediction") {
    return denseClassifier(model, { ...pooled, classifier: "cls.seq_relationship", rate: 0 });
  }
  if (task !== "feature-extraction") return denseClassifier(model, { ...pooled, classifier: "classifier" });
  // Part of the base model, though nothing reads it, so that it can be adapted and exported.
  model.linear(pooler);
  return noHead;
}
