// Files with nested rows: SQuAD's own JSON, and Alpaca's seed tasks with several instances each.

import { isObject, type JsonObject } from "@lowrank/contracts/internal";

/**
 * The rows of SQuAD's own file (Rajpurkar et al. 2016, 2018), `{"data": [{"paragraphs": [{"context", "qas": […]}]}]}`, in the
 * form of Hugging Face datasets; undefined for any other value.
 */
export function rowsOfSquad(value: unknown): readonly JsonObject[] | undefined {
  if (!isObject(value) || !Array.isArray(value.data)) return undefined;
  const paragraphs = value.data.flatMap((article) => listIn(article, "paragraphs"));
  if (paragraphs.length === 0) return undefined;
  return paragraphs.flatMap((paragraph) =>
    listIn(paragraph, "qas").map((qa) => {
      const { context } = isObject(paragraph) ? paragraph : {};
      const { question, answers } = isObject(qa) ? qa : {};
      return { question, context, answers: joined(answers) };
    }),
  );
}

/** A seed task of self-instruct (Wang et al. 2022), `{"instruction", "instances": […]}`, as one row for each instance. */
export function rowsOfTask(row: JsonObject): readonly JsonObject[] {
  const { instruction, instances } = row;
  if (typeof instruction !== "string" || !Array.isArray(instances) || instances.length === 0) return [row];
  return instances.map((instance) => ({ ...(isObject(instance) ? instance : { instance }), instruction }));
}

function listIn(value: unknown, key: string): readonly unknown[] {
  const list = isObject(value) ? value[key] : undefined;
  return Array.isArray(list) ? list : [];
}

/** Answers as one list of texts and one of positions. Other values are returned unchanged, and the row's form refuses them. */
function joined(answers: unknown): unknown {
  if (!Array.isArray(answers)) return answers;
  const each = answers.map((answer) => (isObject(answer) ? answer : {}));
  return { text: each.map(({ text }) => text), answer_start: each.map(({ answer_start }) => answer_start) };
}
