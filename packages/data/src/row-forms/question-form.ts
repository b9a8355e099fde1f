// Questions about a text that holds the answer: SQuAD's rows, and such rows as tokens.

import type { Answer } from "../example.ts";
import { readInteger, readIntegers, readMasks } from "./read-integers.ts";
import { describe, isTexts, type Refusal, type RowForm, readTexts } from "./row-form.ts";

/** {"question": …, "context": …, "answers": {"text": […], "answer_start": […]}}; without answers, the text has none. */
export const questionForm: RowForm = {
  name: "question/context/answers",
  source: "SQuAD (Rajpurkar et al. 2016, 2018) as Hugging Face datasets has it",
  keys: ["question", "context", "answers"],
  read(fields) {
    const texts = readTexts(fields, ["question", "context"]);
    if (!isTexts(texts)) return texts;
    const [question = "", context = ""] = texts;
    const answers = readAnswers(fields.get("answers"), context);
    return "found" in answers ? answers : { kind: "question", question, context, answers };
  },
};

/** {"input_ids": […], "start_positions": …, "end_positions": …} */
export const spanForm: RowForm = {
  name: "input_ids/start_positions/end_positions",
  source: "transformers' model inputs for question answering",
  keys: ["input_ids", "start_positions", "end_positions"],
  read(fields) {
    const inputIds = readIntegers(fields, "input_ids", 0);
    if ("found" in inputIds) return inputIds;
    const start = readInteger(fields, "start_positions", { lowest: 0, highest: inputIds.length - 1 });
    if (typeof start !== "number") return start;
    const end = readInteger(fields, "end_positions", { lowest: start, highest: inputIds.length - 1 });
    if (typeof end !== "number") return end;
    const masks = readMasks(fields, inputIds.length);
    return "found" in masks ? masks : { kind: "span", inputIds, start, end, ...masks };
  },
};

function readAnswers(value: unknown, context: string): readonly Answer[] | Refusal {
  const expected = '{"text": [...], "answer_start": [...]} for "answers", two lists of one length';
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { expected, found: describe(value) };
  const { text, answer_start: starts } = value as Readonly<Record<string, unknown>>;
  if (!Array.isArray(text) || !Array.isArray(starts) || text.length !== starts.length) {
    return { expected, found: describe(value) };
  }
  const answers: Answer[] = [];
  for (const [index, answer] of text.entries()) {
    const start = unitsBefore(context, starts[index]);
    if (typeof answer !== "string" || answer === "" || start === undefined || !context.startsWith(answer, start)) {
      const at = `"answers".text[${index}]`;
      return {
        expected: `${at} in the context, "answer_start" characters from its beginning`,
        found: placeFound(answer, starts[index]),
      };
    }
    answers.push({ text: answer, start });
  }
  return answers;
}

function placeFound(answer: unknown, start: unknown): string {
  return `${describe(answer)} at ${describe(start)}`;
}

/** Python counts characters, JavaScript UTF-16 units: an emoji is one there and two here. */
function unitsBefore(text: string, characters: unknown): number | undefined {
  if (typeof characters !== "number" || !Number.isInteger(characters) || characters < 0) return undefined;
  let units = 0;
  for (let counted = 0; counted < characters; counted += 1) {
    const code = text.codePointAt(units);
    if (code === undefined) return undefined;
    units += code > 0xffff ? 2 : 1;
  }
  return units;
}
