// Extractive question answering: the position of an answer in a text, and its exact match and F1.

import type { Example } from "@lowrank/data";
import type { QuestionExample, RowList } from "@lowrank/data/internal";
import type { OpenedBase } from "../../open/open-base.ts";
import { answerOfQuestion, rowLogits } from "../../predict/answer-logits.ts";
import { inputRows, type RowReader } from "../../predict/input-row.ts";
import { headLoss } from "../head-loss/head-loss.ts";
import type { Objective } from "../objective.ts";

export const extraction: Objective = {
  rows: "a question and the position of its answer",
  takes: (row) => row.kind === "question" || row.kind === "span",
  task: "question-answering",
  options: [],
  hasHead: true,
  plan: () => headLoss,
  async evaluate(opened, rows, { tokenizer, batchSize, lengths: { maxLength } }) {
    if (tokenizer === undefined) return {}; // rows of tokens have no texts to compare
    const reader = { task: opened.model.task, tokenizer: async () => tokenizer, maxLength };
    return measureAnswers(opened, rows, { ...reader, batchSize });
  },
};

/** Exact match and F1. "No answer" is allowed for questions without an answer, as in SQuAD 2.0. */
async function measureAnswers(
  opened: OpenedBase,
  rows: RowList<Example>,
  { batchSize, ...reader }: RowReader & { readonly batchSize: number },
): Promise<{ readonly exactMatch: number; readonly f1: number }> {
  const mayBeNone = rows.some((row) => row.kind === "question" && row.answers.length === 0);
  let [exact, f1, count] = [0, 0, 0];
  for (const questions of questionsOf(rows, batchSize)) {
    const inputs = (await Promise.all(questions.map((question) => inputRows(question, reader)))).flat();
    const logits = await rowLogits(opened, inputs);
    for (const [index, { answers }] of questions.entries()) {
      const [own, row] = [logits[index], inputs[index]];
      if (own === undefined || row === undefined) throw new Error("A question is one row.");
      const { prediction } = answerOfQuestion(own, row, { topK: 1, mayBeNone });
      const score = squadScore(
        prediction,
        answers.map(({ text }) => text),
      );
      exact += score.exact;
      f1 += score.f1;
    }
    count += questions.length;
  }
  return { exactMatch: (100 * exact) / count, f1: (100 * f1) / count };
}

function* questionsOf(rows: RowList<Example>, size: number): Generator<readonly QuestionExample[]> {
  let questions: QuestionExample[] = [];
  for (const row of rows) {
    if (row.kind === "question") questions.push(row);
    if (questions.length < size) continue;
    yield questions;
    questions = [];
  }
  if (questions.length > 0) yield questions;
}

// Exact match and F1 of an answer, as in the script of SQuAD 2.0 (evaluate-v2.0.py, Rajpurkar et al. 2018). The script of 1.1
// gives the same, unless a right answer consists of articles and punctuation only.

/** Scores an answer; "" means that the text has no answer, and is correct if there is no reference. */
export function squadScore(answer: string, references: readonly string[]): Readonly<Record<"exact" | "f1", number>> {
  const nonEmpty = references.filter((each) => normalizeAnswer(each) !== "");
  const answers = nonEmpty.length === 0 ? [""] : nonEmpty;
  return {
    exact: Math.max(...answers.map((each) => Number(normalizeAnswer(each) === normalizeAnswer(answer)))),
    f1: Math.max(...answers.map((each) => f1Of(wordsOf(answer), wordsOf(each)))),
  };
}

/** In lower case, without punctuation (Python's `string.punctuation`) and English articles, words separated by one space. */
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

function f1Of(prediction: readonly string[], reference: readonly string[]): number {
  if (prediction.length === 0 || reference.length === 0) return Number(prediction.length === reference.length);
  const left = new Map<string, number>();
  for (const word of reference) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of prediction) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    common += 1;
  }
  if (common === 0) return 0;
  const [precision, recall] = [common / prediction.length, common / reference.length];
  return (2 * precision * recall) / (precision + recall);
}
