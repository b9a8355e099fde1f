import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { padBatch } from "../batching/pad-batch.ts";
import type { QuestionExample } from "../example.ts";
import { promptTemplate } from "../templates/prompt-templates.ts";
import { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { tokenizeExamples } from "./tokenize-examples.ts";
import { cutSpan, tokenizeQuestion } from "./tokenize-question.ts";

const json = JSON.parse(readFileSync(new URL("../../fixtures/word-piece.json", import.meta.url), "utf8"));
const tokenizer = TextTokenizer.fromJson(json, { pad_token: "[PAD]" });
const context = "The lazy dog sleeps.";
const example = (text: string): QuestionExample => {
  return { kind: "question", question: "the fox", context, answers: [{ text, start: context.indexOf(text) }] };
};

describe("tokenizeQuestion", () => {
  it("selects whole tokens for an answer, even if it begins or ends within one", () => {
    for (const text of ["lazy dog", "azy do"]) {
      const { tokens, isCut } = tokenizeQuestion(example(text), tokenizer, { maxLength: 64 });
      const answer = tokenizer.decode(tokens.inputIds.slice(tokens.start, tokens.end + 1));
      expect([answer, isCut]).toEqual(["lazy dog", false]);
    }
  });

  it("is (0, 0) for an answer after the window, and without one", () => {
    const whole = tokenizeQuestion(example("dog"), tokenizer, { maxLength: 64 });
    const cut = tokenizeQuestion(example("dog"), tokenizer, { maxLength: whole.tokens.end + 1 });
    expect([cut.tokens.start, cut.tokens.end, cut.isCut]).toEqual([0, 0, true]);
    const none = tokenizeQuestion({ ...example("dog"), answers: [] }, tokenizer, { maxLength: 64 });
    expect([none.tokens.start, none.tokens.end, none.isCut]).toEqual([0, 0, false]);
  });

  it("makes batches with two labels a row", () => {
    const rows = [example("dog"), { ...example("dog"), answers: [] }];
    const { examples, skipped } = tokenizeExamples(rows, tokenizer, promptTemplate("plain"), { maxLength: 64 });
    const { start, end } = tokenizeQuestion(example("dog"), tokenizer, { maxLength: 64 }).tokens;
    const batch = padBatch(examples, { padId: 0 });
    expect(batch).toMatchObject({ rows: 2, labelShape: [2, 2], supervised: 4 });
    expect([[...batch.labels], skipped]).toEqual([[start, end, 0, 0], 0]);
  });
});

it("a row of tokens that is cut loses its answer with its end", () => {
  const row = { kind: "span", inputIds: [5, 6, 7, 8], start: 1, end: 2, tokenTypeIds: [0, 1, 1, 1] } as const;
  expect(cutSpan(row, 3)).toEqual({ ...row, inputIds: [5, 6, 7], tokenTypeIds: [0, 1, 1] });
  expect(cutSpan(row, 2)).toMatchObject({ inputIds: [5, 6], start: 0, end: 0 });
});
