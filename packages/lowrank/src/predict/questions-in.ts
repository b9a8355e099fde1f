// Rows to predict, one by one, from any source.

import type { Example } from "@lowrank/data";
import { type ReadOptions, readObjects } from "@lowrank/data/internal";
import type { Platform, SourceContext } from "../platform.ts";
import { type RememberedColumns, rowsOfFile } from "../rows/read-rows.ts";
import type { Question } from "./predict-rows.ts";

/** The name of a data file, a `File`, or rows: an array or an iterable. */
export type QuestionsInput = string | File | readonly object[] | AsyncIterable<object>;

export interface QuestionSources {
  readonly platform: Platform;
  readonly context: SourceContext;
}

/** The rows with all their columns. Throws DataError after the valid rows, DATA_UNREADABLE_FILE. */
export async function* questionsIn(
  sources: QuestionSources,
  input: QuestionsInput,
  columns: RememberedColumns,
): AsyncGenerator<Question> {
  const rows = new Map<Example, ReadonlyMap<string, unknown>>();
  const onPredictionRow: ReadOptions["onPredictionRow"] = (example, row) => void rows.set(example, row);
  for await (const example of await examplesIn(sources, input, { ...columns, onPredictionRow })) {
    yield { example, row: rows.get(example) ?? new Map() };
    rows.delete(example);
  }
}

async function examplesIn(
  { platform, context }: QuestionSources,
  input: QuestionsInput,
  options: ReadOptions,
): Promise<Iterable<Example> | AsyncIterable<Example>> {
  if (typeof input === "string") return platform.streamRows(input, options, context);
  if ("text" in input) return rowsOfFile(input, options);
  return readObjects(input, { ...options, file: "the rows" });
}
