import { describe, expect, it } from "vitest";
import { DataError } from "../errors.ts";
import { readJsonl } from "../reading/read-jsonl.ts";

const rowOf = (row: object) => readJsonl(`${JSON.stringify(row)}\n`)[0];
const question = { id: "1", title: "Dogs", question: "Who?", context: "The 😀 dog and the dog." };

describe("questions as rows", () => {
  it("have their answers' positions in UTF-16 units, where SQuAD counts characters", () => {
    expect(rowOf({ ...question, answers: { text: ["dog", "dog"], answer_start: [6, 18] } })).toEqual({
      kind: "question",
      question: "Who?",
      context: "The 😀 dog and the dog.",
      answers: [
        { text: "dog", start: 7 },
        { text: "dog", start: 19 },
      ],
    });
  });

  it("may have no answer", () => {
    expect(rowOf({ ...question, answers: { text: [], answer_start: [] } })).toMatchObject({ answers: [] });
  });

  it.each([
    [{ text: ["dog"], answer_start: [7] }, '"answers".text[0] in the context'],
    [{ text: [""], answer_start: [1] }, '"answers".text[0] in the context'],
    [{ text: ["dog"], answer_start: [1e9] }, '"answers".text[0] in the context'],
    [{ text: ["dog"], answer_start: [-1] }, '"answers".text[0] in the context'],
    [{ text: ["dog"], answer_start: [] }, "two lists of one length"],
    ["dog", "two lists of one length"],
  ])("are refused where an answer is not in the text: %j", (answers, message) => {
    expect(() => rowOf({ ...question, answers })).toThrow(DataError);
    expect(() => rowOf({ ...question, answers })).toThrow(message);
  });
});

describe("answers among tokens", () => {
  const row = { input_ids: [5, 6, 7], start_positions: 1, end_positions: 2 };

  it("are a first and a last token", () => {
    expect(rowOf({ ...row, token_type_ids: [0, 1, 1] })).toEqual({
      kind: "span",
      inputIds: [5, 6, 7],
      start: 1,
      end: 2,
      tokenTypeIds: [0, 1, 1],
    });
  });

  it.each([
    { start_positions: 3 },
    { start_positions: 2, end_positions: 1 },
    { end_positions: 3 },
    { start_positions: "1" },
  ])("are refused outside the row: %j", (wrong) => {
    expect(() => rowOf({ ...row, ...wrong })).toThrow(/an integer from \d to 2 for "(start|end)_positions"/);
  });
});
