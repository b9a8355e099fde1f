// Turns logits into predictions: one reader for each kind of head.

import { padBatch } from "@lowrank/data";
import type { ProblemType } from "@lowrank/data/internal";
import { batchTensors } from "@lowrank/models";
import { type ModelInputs, NonFiniteOutputError } from "@lowrank/models/internal";
import * as tf from "@tensorflow/tfjs-core";
import { omitUndefined } from "../omit-undefined.ts";
import { namingBrokenWeights } from "../open/broken-weights.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { bestAnswers } from "./best-answer.ts";
import type { InputRow } from "./input-row.ts";
import type { Answer, ClassProbability, LabelledWord } from "./prediction.ts";

export interface AnswerRules {
  readonly labels: readonly string[];
  readonly problem: ProblemType;
  readonly topK: number;
  /** Minimum probability of a class, for rows with several classes. */
  readonly threshold: number;
  /** Whether "no answer" is allowed, as in SQuAD 2.0. */
  readonly mayBeNone: boolean;
}

/** Number of answers that share the probability, as in transformers' run_qa.py. */
const maxAnswers = 20;

/** The class, classes or number of a row. `logits`: [outputs]. */
export function answerOfClasses(logits: ArrayLike<number>, rules: AnswerRules): Answer {
  const { problem, topK, threshold } = rules;
  if (problem === "regression") {
    const numbers = Array.from(logits);
    return { kind: "score", prediction: numbers.length === 1 ? (numbers[0] ?? Number.NaN) : numbers };
  }
  const isAlone = problem === "single_label_classification";
  const classes = ranked(isAlone ? softmax(logits) : Array.from(logits, sigmoid), rules);
  if (isAlone) return { kind: "class", prediction: classes[0]?.label ?? "", classes: classes.slice(0, topK) };
  const predicted = classes.filter(({ probability }) => probability >= threshold);
  return { kind: "classes", prediction: predicted.map(({ label }) => label), classes: classes.slice(0, topK) };
}

/** The likeliest choice. `logits`: [choices] */
export function answerOfChoices(
  logits: readonly number[],
  choices: readonly string[],
  { topK }: Pick<AnswerRules, "topK">,
): Answer {
  const shares = softmax(logits);
  const order = [...choices.keys()].sort((one, other) => (shares[other] ?? 0) - (shares[one] ?? 0));
  const classes = order.map((position) => ({ label: choices[position] ?? "", probability: shares[position] ?? 0 }));
  return {
    kind: "choice",
    prediction: classes[0]?.label ?? "",
    choice: order[0] ?? 0,
    classes: classes.slice(0, topK),
  };
}

/** Each word with the class of its first token, as with transformers' aggregation_strategy="first". `logits`: [time, classes]. */
export function answerOfTokens(
  logits: ArrayLike<number>,
  { text, spans, textStart }: InputRow,
  rules: AnswerRules,
): Answer {
  const classes = rules.labels.length;
  const words: LabelledWord[] = [];
  for (const [index, [start, end]] of spans.entries()) {
    const last = words.at(-1);
    if (last !== undefined && start <= last.end) {
      words[words.length - 1] = {
        ...last,
        end: Math.max(end, last.end),
        text: text.slice(last.start, Math.max(end, last.end)),
      };
      continue;
    }
    const offset = (textStart + index) * classes;
    const [best] = ranked(softmax(Array.from({ length: classes }, (_, label) => logits[offset + label] ?? 0)), rules);
    if (best !== undefined) words.push({ text: text.slice(start, end), start, end, ...best });
  }
  return { kind: "words", prediction: words };
}

/** The positions of the answers in the text. `logits`: [time, 2]. */
export function answerOfQuestion(
  logits: ArrayLike<number>,
  row: InputRow,
  { topK, mayBeNone }: Pick<AnswerRules, "topK" | "mayBeNone">,
): Extract<Answer, { kind: "answer" }> {
  const { text, spans, textStart, inputIds } = row;
  const at = (output: number) => inputIds.map((_, position) => logits[2 * position + output] ?? 0);
  const found = bestAnswers({
    starts: at(0),
    ends: at(1),
    length: inputIds.length,
    contextStart: textStart,
    contextLength: spans.length,
    mayBeNone,
  }).slice(0, maxAnswers);
  const shares = softmax(found.map(({ score }) => score));
  const answers = found.slice(0, topK).map(({ position }, index) => {
    const [start, end] = position === undefined ? [0, 0] : [spans[position[0]]?.[0] ?? 0, spans[position[1]]?.[1] ?? 0];
    return { text: text.slice(start, end), start, end, probability: shares[index] ?? 0 };
  });
  return { kind: "answer", prediction: answers[0]?.text ?? "", answers };
}

function ranked(probabilities: readonly number[], { labels }: AnswerRules): readonly ClassProbability[] {
  return probabilities
    .map((probability, index) => ({ label: labels[index] ?? String(index), probability }))
    .sort((one, other) => other.probability - one.probability);
}

function softmax(logits: ArrayLike<number>): readonly number[] {
  const values = Array.from(logits);
  const max = Math.max(...values);
  const shares = values.map((value) => Math.exp(value - max));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Logits of each row [outputs], or of its tokens with padding [time, outputs]. Throws NonFiniteModelError. */
export function rowLogits(opened: OpenedBase, rows: readonly InputRow[]): Promise<readonly Float32Array[]> {
  const { model, context } = opened;
  const padId = model.config.padTokenId ?? 0;
  const batch = padBatch(
    rows.map((row) => ({ ...row, kind: "classified", label: 0 }) as const),
    { padId },
  );
  return namingBrokenWeights(opened, async () => {
    const computed = tf.tidy(() => {
      const { labels: _, ...inputs } = batchTensors(batch);
      return model.forward(model.task === "multiple-choice" ? aloneEach(inputs) : inputs, context);
    });
    const values = await computed.data<"float32">();
    computed.dispose();
    const broken = values.find((value) => !Number.isFinite(value));
    if (broken !== undefined) throw new NonFiniteOutputError("A logit", broken);
    const size = values.length / rows.length;
    return rows.map((_, index) => values.subarray(index * size, (index + 1) * size));
  });
}

/** [rows, time] → [rows, 1, time]: each choice is scored alone, so questions may have different numbers of choices. */
function aloneEach(inputs: Pick<ModelInputs, "inputIds" | "attentionMask" | "tokenTypeIds">): ModelInputs {
  const { inputIds, attentionMask, tokenTypeIds } = inputs;
  const alone = (tensor: tf.Tensor | undefined) => tensor && tf.expandDims<tf.Tensor3D>(tensor, 1);
  return omitUndefined({
    inputIds: alone(inputIds),
    attentionMask: alone(attentionMask),
    tokenTypeIds: alone(tokenTypeIds),
  });
}
