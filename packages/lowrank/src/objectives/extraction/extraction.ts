// Where the answer to a question is in a text, and how well a model finds it.

import {
  type Example,
  padBatch,
  type QuestionExample,
  type RowList,
  type TextTokenizer,
  tokenizeQuestion,
} from "@lowrank/data";
import { batchTensors } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import type { OpenedBase } from "../../open/open-base.ts";
import { bestAnswer } from "../../predict/best-answer.ts";
import type { Objective } from "../objective.ts";
import { ownLoss } from "../own-loss/own-loss.ts";

export const extraction: Objective = {
  rows: "a question and its answer's place",
  takes: (row) => row.kind === "question" || row.kind === "span",
  task: "question-answering",
  options: [],
  hasHead: true,
  plan: () => ownLoss,
  async evaluate(opened, rows, { tokenizer, batchSize, lengths: { maxLength } }) {
    if (tokenizer === undefined) return {}; // rows of tokens have no texts to compare
    return measureAnswers(opened, rows, { tokenizer, batchSize, maxLength });
  },
};

/** Means over all questions, 0 to 100 as SQuAD's script prints them. */
interface AnswerScores {
  readonly exactMatch: number;
  readonly f1: number;
}

interface AskOptions {
  readonly tokenizer: TextTokenizer;
  readonly batchSize: number;
  readonly maxLength: number;
}

/** Exact match and F1. Where a question has no right answer, "none" may be given, as in SQuAD 2.0. */
async function measureAnswers(
  { model, context }: Pick<OpenedBase, "model" | "context">,
  rows: RowList<Example>,
  { tokenizer, batchSize, maxLength }: AskOptions,
): Promise<AnswerScores> {
  const padId = tokenizer.padId;
  const mayBeNone = rows.some((row) => row.kind === "question" && row.answers.length === 0);
  let [exact, f1, count] = [0, 0, 0];
  for (const asked of questionsOf(rows, batchSize)) {
    count += asked.length;
    const tokenized = asked.map((question) => tokenizeQuestion(question, tokenizer, { maxLength }));
    const batch = padBatch(
      tokenized.map(({ tokens }) => tokens),
      { padId },
    );
    const logits = tf.tidy(() => {
      const { labels: _, ...inputs } = batchTensors(batch);
      return tf.transpose(model.forward(inputs, context), [0, 2, 1]); // [batch, 2, time]: start, then end
    });
    const values = await logits.data();
    logits.dispose();
    for (const [row, { tokens, contextStart, spans }] of tokenized.entries()) {
      const at = 2 * row * batch.time;
      const found = bestAnswer({
        starts: values.subarray(at, at + batch.time),
        ends: values.subarray(at + batch.time, at + 2 * batch.time),
        length: tokens.inputIds.length,
        contextStart,
        contextLength: spans.length,
        mayBeNone,
      });
      const { context: text, answers } = asked[row] ?? { context: "", answers: [] };
      const [start, end] = found === undefined ? [0, 0] : [spans[found[0]]?.[0] ?? 0, spans[found[1]]?.[1] ?? 0];
      const score = squadScore(
        text.slice(start, end),
        answers.map((answer) => answer.text),
      );
      exact += score.exact;
      f1 += score.f1;
    }
  }
  return { exactMatch: (100 * exact) / count, f1: (100 * f1) / count };
}

function* questionsOf(rows: RowList<Example>, size: number): Generator<readonly QuestionExample[]> {
  let held: QuestionExample[] = [];
  for (const row of rows) {
    if (row.kind === "question") held.push(row);
    if (held.length < size) continue;
    yield held;
    held = [];
  }
  if (held.length > 0) yield held;
}

// Exact match and F1 of an answer, as the script of SQuAD 2.0 counts them (evaluate-v2.0.py, Rajpurkar et al. 2018). Those of
// 1.1 are the same where no right answer is made of articles and punctuation alone.

/** How well an answer agrees with the best of the right ones: each from 0 to 1. */
interface AnswerScore {
  readonly exact: number;
  readonly f1: number;
}

/** Scores an answer; "" says that the text has none, and is right where there are no right answers. */
export function squadScore(given: string, right: readonly string[]): AnswerScore {
  const known = right.filter((answer) => normalizeAnswer(answer) !== "");
  const answers = known.length === 0 ? [""] : known;
  return {
    exact: Math.max(...answers.map((answer) => Number(normalizeAnswer(answer) === normalizeAnswer(given)))),
    f1: Math.max(...answers.map((answer) => f1Of(wordsOf(given), wordsOf(answer)))),
  };
}

/** In lower case, without punctuation (Python's `string.punctuation`) and English articles, words parted by one space. */
export function normalizeAnswer(text: string): string {
  const bare = text.toLowerCase().replace(/[!-/:-@[-`{-~]/g, "");
  // Python's \b knows letters of every language.
  const withoutArticles = bare.replace(/(?<![\p{L}\p{N}\p{M}_])(?:a|an|the)(?![\p{L}\p{N}\p{M}_])/gu, " ");
  return withoutArticles.trim().split(/\s+/).join(" ");
}

function wordsOf(text: string): readonly string[] {
  const normalized = normalizeAnswer(text);
  return normalized === "" ? [] : normalized.split(" ");
}

function f1Of(given: readonly string[], right: readonly string[]): number {
  if (given.length === 0 || right.length === 0) return Number(given.length === right.length);
  const left = new Map<string, number>();
  for (const word of right) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of given) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    common += 1;
  }
  if (common === 0) return 0;
  const [precision, recall] = [common / given.length, common / right.length];
  return (2 * precision * recall) / (precision + recall);
}
