// Questions about a text that contains the answer: SQuAD's rows, and the same as tokens. Also multiple-choice questions.

import { isObject } from "@lowrank/contracts/internal";
import type { Answer } from "../example.ts";
import { describe, fromJson, readInteger, readIntegers, readMasks, readTexts, refuse, rowForm } from "./row-form.ts";

/** {"question": …, "context": …, "answers": {"text": […], "answer_start": […]}}; empty lists: the text has no answer. */
export const questionForm = rowForm({
  name: "question/context/answers",
  source: "SQuAD (Rajpurkar et al. 2016, 2018) as Hugging Face datasets has it",
  keys: ["question", "context", "answers"],
  read(fields) {
    const [question, context] = readTexts(fields, ["question", "context"]);
    return { kind: "question", question, context, answers: readAnswers(fields.get("answers"), context) };
  },
});

/** {"input_ids": […], "start_positions": …, "end_positions": …} */
export const spanForm = rowForm({
  name: "input_ids/start_positions/end_positions",
  source: "transformers' model inputs for question answering",
  keys: ["input_ids", "start_positions", "end_positions", "attention_mask?", "token_type_ids?"],
  read(fields) {
    const inputIds = readIntegers(fields, "input_ids", 0);
    const start = readInteger(fields, "start_positions", { lowest: 0, highest: inputIds.length - 1 });
    const end = readInteger(fields, "end_positions", { lowest: start, highest: inputIds.length - 1 });
    return { kind: "span", inputIds, start, end, ...readMasks(fields, inputIds.length) };
  },
});

/** {"question": …, "choices": […]}, optionally with the text that the question is about in "context". */
export const choiceForm = rowForm({
  name: "question/choices",
  source:
    "ARC, CommonsenseQA and MMLU as Hugging Face datasets has them; with a context RACE, as transformers' examples read it",
  keys: ["question", "choices", "context?"],
  read(fields) {
    const context = fields.has("context") ? ["context"] : [];
    const [question, about] = readTexts(fields, ["question", ...context]);
    const choices = readChoices(fields.get("choices"));
    if (about === undefined) return { kind: "choice", about: question, choices, endings: choices };
    return { kind: "choice", about, choices, endings: choices.map((choice) => `${question} ${choice}`) };
  },
});

/** {"sent1": …, "sent2": …, "ending0": …, "ending1": …, …} */
export const endingsForm = rowForm({
  name: "sent1/sent2/ending0/ending1/…",
  source: "SWAG (Zellers et al. 2018), as transformers' run_swag.py reads it",
  keys: ["sent1", "sent2", "ending0", "ending1"],
  read(fields) {
    const names = ["sent1", "sent2"];
    for (let number = 0; fields.has(`ending${number}`); number += 1) names.push(`ending${number}`);
    const [about = "", beginning = "", ...choices] = readTexts(fields, names);
    return { kind: "choice", about, choices, endings: choices.map((choice) => `${beginning} ${choice}`) };
  },
});

function readAnswers(value: unknown, context: string): readonly Answer[] {
  const expected = '{"text": [...], "answer_start": [...]} for "answers", two lists of one length';
  const { text, answer_start: starts } = isObject(value) ? value : {};
  if (!Array.isArray(text) || !Array.isArray(starts) || text.length !== starts.length) return refuse(expected, value);
  const answers: Answer[] = [];
  for (const [index, answer] of text.entries()) {
    const start = unitsBefore(context, starts[index]);
    if (typeof answer !== "string" || answer === "" || start === undefined || !context.startsWith(answer, start)) {
      const expected = `"answers".text[${index}] in the context, "answer_start" characters from its beginning`;
      return refuse(expected, answer, `${describe(answer)} at ${describe(starts[index])}`);
    }
    answers.push({ text: answer, start });
  }
  return answers;
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

/** A list; the "text" of {"text": […], "label": […]}; or, in a table, a list as JSON. */
function readChoices(given: unknown): readonly string[] {
  const value = fromJson(given);
  const list: unknown = isObject(value) ? value.text : value;
  if (Array.isArray(list) && list.length > 0 && list.every((each) => typeof each === "string")) return list;
  return refuse('a list of texts for "choices", or {"text": [...]}', given);
}
