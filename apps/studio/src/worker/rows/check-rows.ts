// The model's view of rows, and the problems of rows.

import { ExampleError, type PromptTemplate, TemplateError, type TextTokenizer, tokenizeExample } from "@lowrank/data";
import type { CheckedRow, Row, RowProblem } from "../../protocol/rows.ts";
import type { CallHandler } from "../call-handler.ts";
import type { LoadedModel } from "../worker-state.ts";
import { exampleOf, templateOf } from "./row-form.ts";

export const checkRows: CallHandler<"checkRows"> = (state, rows) => checkedRows(state.loaded, rows);

/** After how many tokens a row is too long: the library's own default, or the model's limit. */
export function maxTokens({ facts }: Pick<LoadedModel, "facts">): number {
  return Math.min(facts.positions || Number.POSITIVE_INFINITY, 512); // 0: a family without a limit
}

/** How rows were written before, by their text: a table of thousands is looked at again with every key. */
const writtenBefore = new WeakMap<LoadedModel, ReadonlyMap<string, Omit<CheckedRow, "id">>>();

/** Every row, checked; throws TemplateError where the model's own template is no Jinja. */
export async function checkedRows(model: LoadedModel, rows: readonly Row[]): Promise<readonly CheckedRow[]> {
  const reader = { tokenizer: await model.opened.tokenizer(), template: await templateOf(model) };
  const { chats } = model.facts;
  const before = writtenBefore.get(model);
  const seen = new Map<string, Omit<CheckedRow, "id">>();
  const checked = rows.map((row) => {
    const text = JSON.stringify([row.before, row.says.trim(), row.answers.trim()]);
    const isRepeated = seen.has(text);
    const written = seen.get(text) ?? before?.get(text) ?? write(row, chats, reader);
    seen.set(text, written);
    const problem = emptyProblem(row) ?? written.problem ?? lengthProblem(written.tokens, maxTokens(model));
    return { id: row.id, ...written, problem: problem ?? (isRepeated ? repeated : undefined) };
  });
  writtenBefore.set(model, seen);
  return checked;
}

interface Reader {
  readonly tokenizer: TextTokenizer;
  readonly template: PromptTemplate;
}

const repeated: RowProblem = { column: "says", kind: "repeated" };

function write(row: Row, chats: boolean, { tokenizer, template }: Reader): Omit<CheckedRow, "id"> {
  const example = exampleOf(row, { chats });
  try {
    const { segments } = template.render(example);
    const { inputIds } = tokenizeExample(example, tokenizer, template, { maxLength: Number.POSITIVE_INFINITY });
    const pieces = segments.map(({ text, isTrained }) => ({ text, counted: isTrained }));
    return { tokens: inputIds.length, pieces, problem: undefined };
  } catch (error) {
    if (!(error instanceof TemplateError || error instanceof ExampleError)) throw error;
    return { tokens: 0, pieces: [], problem: { column: "says", kind: "unwritable" } };
  }
}

function emptyProblem({ says, answers }: Row): RowProblem | undefined {
  if (says.trim() === "") return { column: "says", kind: "empty" };
  return answers.trim() === "" ? { column: "answers", kind: "empty" } : undefined;
}

function lengthProblem(tokens: number, max: number): RowProblem | undefined {
  return tokens > max ? { column: "answers", kind: "too-long", got: tokens, max } : undefined;
}
