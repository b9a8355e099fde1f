// A JSON array of rows, like Alpaca's and ShareGPT's files.

import { isObject, type JsonObject, parseJson, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { dataFileError } from "../errors.ts";
import type { Example } from "../example.ts";
import { describe } from "../row-forms/row-form.ts";
import { ExampleCollector } from "./example-collector.ts";
import { rowsOfSquad } from "./nested-rows.ts";
import { type ReadOptions, readOptionNames } from "./read-options.ts";

/**
 * Reads examples from one JSON array of objects, or from SQuAD's own file. Forms are recognized by their keys.
 *
 * Throws DataError naming every broken element (counted from 1), and DATA_UNREADABLE_FILE if the text is not a JSON array or
 * a limit is exceeded.
 *
 * @example
 * ```ts
 * import { readJson } from "@lowrank/data";
 *
 * const examples = readJson('[{"instruction": "Say hello.", "output": "Hello."}]');
 * if (examples[0]?.kind !== "instruction") throw new Error("not recognized");
 * ```
 */
export function readJson(text: string, options: ReadOptions = {}): Example[] {
  refuseUnknownOptions("readJson", options, readOptionNames);
  const collector = new ExampleCollector(options, "row");
  const { file, maxSize } = collector.limits;
  if (text.length > maxSize) throw dataFileError(file, `it is larger than ${maxSize} characters. Raise maxSize.`);
  const rows = parseJson(text, {
    refuse: (reason, cause) =>
      dataFileError(file, `it ${reason}. If each line is an object, rename the file to .jsonl.`, { cause }),
  });
  const read = rowsOfSquad(rows) ?? rows;
  if (!Array.isArray(read)) throw dataFileError(file, `expected a JSON array of rows, got ${describe(rows)}.`);
  for (const [index, row] of read.entries()) collector.add(index + 1, row);
  return collector.finish();
}

/**
 * Yields the examples of objects one by one. Forms are recognized by their keys; keys with the value undefined are ignored.
 *
 * Throws like `readJson`, after it has yielded the valid examples.
 */
export async function* readObjects(
  rows: Iterable<unknown> | AsyncIterable<unknown>,
  options: ReadOptions = {},
): AsyncGenerator<Example> {
  refuseUnknownOptions("readObjects", options, readOptionNames);
  const collector = new ExampleCollector(options, "row");
  let row = 0;
  for await (const value of rows) {
    row += 1;
    collector.add(row, isObject(value) ? withoutBlanks(value) : value);
    yield* collector.take();
  }
  yield* collector.finish();
}

function withoutBlanks(row: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
}
