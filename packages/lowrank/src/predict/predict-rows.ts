// Predicts rows in order: a window of rows is in memory, and rows of similar length are batched.

import { type Example, ExampleError } from "@lowrank/data";
import { WrongTaskError } from "../errors/model-errors.ts";
import type { MediaReader } from "../media/prepare-media.ts";
import { prepareRows } from "../media/prepare-media.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { maxLengthFor } from "../open/position-limit.ts";
import {
  type AnswerRules,
  answerOfChoices,
  answerOfClasses,
  answerOfQuestion,
  answerOfTokens,
  rowLogits,
} from "./answer-logits.ts";
import { type InputRow, inputRows, predictedTasks, type RowReader } from "./input-row.ts";
import type { Answer, Prediction } from "./prediction.ts";
import { transcribe } from "./transcribe.ts";

/** Options of `predict`. */
export interface PredictOptions {
  /** Number of likeliest classes or answers to report; default 5. */
  readonly topK?: number | undefined;
  /** Multi-label: minimum probability to report a class; default 0.5. */
  readonly threshold?: number | undefined;
  /** Whether "no answer" is allowed for questions, as in SQuAD 2.0; default false. */
  readonly mayBeNone?: boolean | undefined;
  /** Class names in the order of the class numbers; default: the adapter's, else the model's. */
  readonly classNames?: readonly string[] | undefined;
  /** Rows per batch; default 8. */
  readonly batchSize?: number | undefined;
  /** Maximum number of tokens per row; default 512 or the model's limit. */
  readonly maxLength?: number | undefined;
  /** Speech models: maximum number of new tokens; default: the number of the model's positions. */
  readonly maxNewTokens?: number | undefined;
  /** Stops between batches; the iteration throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface Question {
  readonly example: Example;
  readonly row: ReadonlyMap<string, unknown>;
}

export interface Predictor
  extends Pick<RowReader, "tokenizer">,
    Pick<AnswerRules, "labels" | "problem">,
    Pick<MediaReader, "platform"> {
  readonly opened: OpenedBase;
}

/** Number of batches in memory at once: enough to group rows by length, few enough for any memory. */
const batchesHeld = 16;

/** Predicts rows as they come. Throws WrongTaskError, ExampleError for a row that the head cannot answer, NonFiniteModelError. */
export async function* predictRows(
  predictor: Predictor,
  rows: AsyncIterable<Question>,
  options: PredictOptions,
): AsyncGenerator<Prediction, void, undefined> {
  const { model } = predictor.opened;
  const isSpeech = model.task === "sequence-to-sequence" && model.config.melBins > 0;
  if (!isSpeech && !predictedTasks.includes(model.task)) {
    const advice = "Add an adapter with such a head, or use generate to write text.";
    const needed = "a head for classes, numbers, choices, token labels or answer spans";
    throw new WrongTaskError(model.modelType, model.task, "Predicting", advice, needed);
  }
  const { batchSize = 8 } = options;
  const answerAll = isSpeech ? transcribeTogether : answerTogether;
  let questions: Question[] = [];
  for await (const question of rows) {
    questions.push(question);
    if (questions.length < batchSize * batchesHeld) continue;
    yield* answerAll(predictor, questions, options);
    questions = [];
  }
  yield* answerAll(predictor, questions, options);
}

async function* transcribeTogether(
  { opened, tokenizer, platform }: Predictor,
  held: readonly Question[],
  { batchSize = 8, signal, maxNewTokens }: PredictOptions,
): AsyncGenerator<Prediction, void, undefined> {
  const questions = held.map(({ example }) => example);
  const recordings = (await prepareRows(questions, { ...opened, platform })).map((example) => {
    if (example.kind === "speech") return example;
    throw new ExampleError(`A "${example.kind}" row has no audio for this speech model.`);
  });
  const how = { batchSize, signal, maxNewTokens };
  const texts = await transcribe({ opened, tokenizer: await tokenizer() }, recordings, how);
  for (const [index, { row }] of held.entries()) {
    yield { kind: "text", prediction: texts[index] ?? "", row: Object.fromEntries(row) };
  }
}

async function* answerTogether(
  predictor: Predictor,
  held: readonly Question[],
  options: PredictOptions,
): AsyncGenerator<Prediction, void, undefined> {
  const { opened, tokenizer } = predictor;
  const { batchSize = 8, signal } = options;
  const reader = { task: opened.model.task, tokenizer, maxLength: maxLengthFor(opened.model, options.maxLength) };
  const inputs: InputRow[] = [];
  const firsts: number[] = []; // of each question, the place of its first row
  const questions = held.map(({ example }) => example);
  const examples = await prepareRows(questions, { ...opened, platform: predictor.platform });
  for (const example of examples) {
    firsts.push(inputs.length);
    inputs.push(...(await inputRows(example, reader)));
  }
  const order = [...inputs.keys()].sort((one, other) => lengthOf(inputs[one]) - lengthOf(inputs[other]));
  const logits: Float32Array[] = [];
  for (let from = 0; from < order.length; from += batchSize) {
    signal?.throwIfAborted();
    const indices = order.slice(from, from + batchSize);
    const together = indices.flatMap((position) => inputs[position] ?? []);
    for (const [index, own] of (await rowLogits(opened, together)).entries()) logits[indices[index] ?? 0] = own;
  }
  for (const [index, { example, row }] of held.entries()) {
    const [first = 0, end = inputs.length] = firsts.slice(index, index + 2);
    const answerLogits = { example, rows: inputs.slice(first, end), logits: logits.slice(first, end) };
    yield { ...answerOf(answerLogits, predictor, options), row: Object.fromEntries(row) };
  }
}

function lengthOf(row: InputRow | undefined): number {
  return row?.inputIds.length ?? 0;
}

interface ScoredQuestion {
  readonly example: Example;
  readonly rows: readonly InputRow[];
  readonly logits: readonly Float32Array[];
}

function answerOf(
  { example, rows, logits }: ScoredQuestion,
  { opened, labels, problem }: Predictor,
  { topK = 5, threshold = 0.5, mayBeNone = false }: PredictOptions,
): Answer {
  const rules = { labels, problem, topK, threshold, mayBeNone };
  const { task } = opened.model;
  const scores = logits.map(([score = Number.NaN]) => score);
  if (task === "multiple-choice" && example.kind === "choice") return answerOfChoices(scores, example.choices, rules);
  const [row] = rows;
  const [own] = logits;
  if (row === undefined || own === undefined) throw new Error("Each row has at least one sequence.");
  if (task === "token-classification") return answerOfTokens(own, row, rules);
  return task === "question-answering" ? answerOfQuestion(own, row, rules) : answerOfClasses(own, rules);
}
