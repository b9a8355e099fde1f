// JSON Lines: one JSON object on each line.

import { isObject, JsonError, parseJson, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { dataFileError } from "../errors.ts";
import type { Example } from "../example.ts";
import { describe } from "../row-forms/row-form.ts";
import { ExampleCollector } from "./example-collector.ts";
import { LineSplitter } from "./line-splitter.ts";
import { type ReadOptions, readOptionNames } from "./read-options.ts";

/** Reads JSON Lines piece by piece; `finish` returns the examples. */
export class JsonlReader {
  readonly #collector: ExampleCollector;
  readonly #lines: LineSplitter;
  #isFirst = true;

  constructor(options: ReadOptions = {}) {
    this.#collector = new ExampleCollector(options);
    this.#lines = new LineSplitter(this.#collector.limits, (line, number) => this.#read(line, number));
  }

  push(piece: string): void {
    this.#lines.push(piece);
  }

  take(): Example[] {
    return this.#collector.take();
  }

  finish(): Example[] {
    this.#lines.end();
    return this.#collector.finish();
  }

  #read(line: string, number: number): void {
    if (line.trim() === "") return;
    if (this.#isFirst && line.trimStart().startsWith("[")) {
      const { file } = this.#collector.limits;
      throw dataFileError(file, "it is one JSON array, not an object on each line. Rename it to .json.");
    }
    const expected = this.#isFirst ? `a JSON object${otherKinds}` : "a JSON object";
    this.#isFirst = false;
    let value: unknown;
    try {
      value = parseJson(line);
    } catch (error) {
      const reason = error instanceof JsonError ? error.reason : String(error);
      this.#collector.refuse(number, { expected, found: `${preview(line)} (it ${reason})` });
      return;
    }
    if (isObject(value)) this.#collector.add(number, value);
    else this.#collector.refuse(number, { expected, found: describe(value) });
  }
}

/** If the first line is not an object, the file is probably of another kind. */
const otherKinds = " on every line (rename a table to .csv or .tsv, and a JSON array to .json)";

function preview(line: string): string {
  return line.length > 60 ? `${JSON.stringify(line.slice(0, 60))}…` : JSON.stringify(line);
}

/**
 * Reads examples from JSON Lines. Empty lines are skipped; forms are recognized by their keys.
 *
 * Throws DataError naming every broken line (the first ten with what was found and expected), and DATA_UNREADABLE_FILE if a limit
 * is exceeded or the file has no rows. Format: https://jsonlines.org.
 *
 * @example
 * ```ts
 * import { readJsonl } from "@lowrank/data";
 *
 * const examples = readJsonl('{"prompt": "2 + 2 =", "completion": " 4"}\n');
 * if (examples[0]?.kind !== "completion") throw new Error("not recognized");
 * ```
 */
export function readJsonl(text: string, options: ReadOptions = {}): Example[] {
  refuseUnknownOptions("readJsonl", options, readOptionNames);
  const reader = new JsonlReader(options);
  reader.push(text);
  return reader.finish();
}
