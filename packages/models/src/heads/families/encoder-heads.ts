// Heads that every encoder has and some decoders: one answer for each token, or one from a single state.

import type { ModelConfig } from "@lowrank/contracts/families";
import type { EmbeddingSite, LinearSite } from "@lowrank/engine/hook-points";
import type * as tf from "@tensorflow/tfjs-core";
import { type Activation, activations } from "../../parts/activations.ts";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import { ClassificationHead } from "../classification-head.ts";
import { type Head, noHead } from "../head.ts";
import type { ColumnsOf, PooledStates } from "../pooling.ts";
import { QuestionHead } from "../question-head.ts";
import { replacedTokenHead } from "../replaced-token-head.ts";
import { TokenHead } from "../token-head.ts";

/** The last linear layer of a head. */
export function outputOf(model: PartList, tiedTo?: EmbeddingSite): LinearSite {
  const output = rowsOf(model).linears.find(({ role }) => role === "output-head");
  return model.linear(output?.path ?? "output", tiedTo);
}

/** The linear layer before it: the head's own, or the base model's pooler. */
function transformOf(model: PartList): LinearSite {
  const transform = rowsOf(model).linears.find(({ role }) => role !== "output-head");
  return model.linear(transform?.path ?? poolerOf(model) ?? "pooler");
}

function rowsOf({ plan: { config, task } }: PartList) {
  return config.family.heads[task] ?? { linears: [] };
}

/** The pooler: the only linear layer that some tasks do not have. */
function poolerOf({ plan: { config, task } }: PartList): string | undefined {
  return config.family.linears.find(({ tasks }) => tasks?.includes(task))?.path;
}

/** A base model without a head. Its pooler is a part of it although nothing reads it, so that it can be adapted and exported. */
export function withoutHead(model: PartList): Head {
  const pooler = poolerOf(model);
  if (pooler !== undefined) model.linear(pooler);
  return noHead;
}

type DropoutName = keyof ModelConfig["dropouts"];

/** A class for every token. */
export function tokenClassifier(model: PartList, dropout: DropoutName = "classifier"): Head {
  const rate = model.plan.config.dropouts[dropout];
  return new TokenHead({
    site: outputOf(model),
    shift: 0,
    transform: (hidden, pass) => pass.drop(hidden, rate, "classifier"),
  });
}

/** Predicts the start and the end of an answer. */
export function questionAnswerer(model: PartList): Head {
  const { dropouts } = model.plan.config;
  return new QuestionHead({
    site: outputOf(model),
    transform: (hidden, pass) => pass.drop(hidden, dropouts.question, "question"),
  });
}

/** Predicts a class for a whole text or image, from one state or from a pooled one. */
export function stateClassifier(model: PartList, columns: PooledStates): Head {
  return new ClassificationHead({ site: outputOf(model), columns, problemType: model.plan.config.problemType });
}

/** The first state of each row. */
export const firstColumns: ColumnsOf = ({ inputs: { inputIds, pixelValues } }) =>
  Array((inputIds ?? pixelValues)?.shape[0] ?? 0).fill(0);

export interface DenseClassifierOptions {
  readonly activation: (x: tf.Tensor) => tf.Tensor;
  /** Whether dropout also acts before the first linear layer, not only after it. */
  readonly dropsTwice: boolean;
  /** Whose rate of dropout it has; "classifier" unless given. */
  readonly dropout?: DropoutName | "none";
  /** The state that represents the sequence: the first token's unless given. */
  readonly columns?: ColumnsOf;
}

/** output(activation(dense(one token's state))): classes of a sequence, or how good a choice each sequence is. */
export function denseClassifier(model: PartList, options: DenseClassifierOptions): Head {
  const { config, task } = model.plan;
  const { columns = firstColumns, dropout = "classifier" } = options;
  const rate = dropout === "none" ? 0 : config.dropouts[dropout];
  const dense = transformOf(model);
  const transform: Layer = (state, pass) => {
    const input = options.dropsTwice ? pass.drop(state, rate, "classifier/input") : state;
    return pass.drop(options.activation(dense.forward(input, pass.context)), rate, "classifier");
  };
  return new ClassificationHead({
    site: outputOf(model),
    // Fixed by the task: for two sentences or several choices, exactly one is true.
    problemType: task === "sequence-classification" ? config.problemType : "single_label_classification",
    columns,
    transform,
  });
}

/**
 * output(norm(activation(dense(hidden)))), tied to the token embedding if the configuration sets it. It predicts masked tokens, or
 * the next ones for a causal task.
 */
export function languageModel(model: PartList, backbone: Backbone, activation: Activation): Head {
  const { norms = [], tensors = [] } = rowsOf(model);
  // A bias that is declared next to an untied output and not added.
  for (const { path } of tensors) model.optionalTensor(path);
  const dense = transformOf(model);
  const norm = model.norm(norms[0]?.path ?? "norm");
  return new TokenHead({
    site: outputOf(model, backbone.tokens),
    shift: model.plan.task === "causal-lm" ? 1 : 0,
    transform: (hidden, { context }) => norm.forward(activation.apply(dense.forward(hidden, context)), context),
  });
}

export interface EncoderHeadOptions {
  /** The activation in the language head; by default the configuration's. */
  readonly activation?: Activation;
  /** Whose rate of dropout a classifier of tokens has; "classifier" unless given. */
  readonly tokenDropout?: DropoutName;
  /** The classifier of one text. */
  readonly sequence: DenseClassifierOptions;
  /** The classifier for multiple choice, if it is another one. */
  readonly choice?: DenseClassifierOptions;
}

/** The heads of BERT and its relatives. */
export function encoderHeads({ activation, tokenDropout, sequence, choice = sequence }: EncoderHeadOptions) {
  return (model: PartList, backbone: Backbone): Head => {
    switch (model.plan.task) {
      case "masked-lm":
      case "causal-lm":
        return languageModel(model, backbone, activation ?? activations[model.plan.config.activation]);
      case "token-classification":
        return tokenClassifier(model, tokenDropout);
      case "question-answering":
        return questionAnswerer(model);
      case "sequence-classification":
        return denseClassifier(model, sequence);
      case "multiple-choice":
        return denseClassifier(model, choice);
      case "next-sentence-prediction":
        return denseClassifier(model, { ...sequence, dropout: "none" });
      case "replaced-token-detection":
        return replacedTokenHead(model);
      default:
        return withoutHead(model);
    }
  };
}
