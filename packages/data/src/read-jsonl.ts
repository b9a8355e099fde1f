// JSON Lines: one JSON object on each line.

import type { Example } from "./example.ts";
import { ExampleCollector } from "./example-collector.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { ReadOptions } from "./read-options.ts";

/** Reads JSON Lines piece by piece; `finish` gives the examples. */
export class JsonlReader {
  readonly #collector: ExampleCollector;
  readonly #lines: LineSplitter;

  constructor(options: ReadOptions = {}) {
    this.#collector = new ExampleCollector(options);
    this.#lines = new LineSplitter(this.#collector.limits, (line, number) => this.#read(line, number));
  }

  push(piece: string): void {
    this.#lines.push(piece);
  }

  finish(): Example[] {
    this.#lines.end();
    return this.#collector.finish();
  }

  #read(line: string, number: number): void {
    if (line.trim() === "") return;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#collector.refuse(number, { expected: "a JSON object", found: `${preview(line)} (${printable(reason)})` });
      return;
    }
    this.#collector.add(number, value);
  }
}

/** A NUL or an escape sequence from a file must not reach a terminal as it is. */
function printable(text: string): string {
  return JSON.stringify(text.slice(0, 120)).slice(1, -1);
}

function preview(line: string): string {
  return line.length > 60 ? `${JSON.stringify(line.slice(0, 60))}…` : JSON.stringify(line);
}

/**
 * Reads examples from JSON Lines; empty lines are passed over, forms are recognised by their keys.
 *
 * Throws DataError naming every broken line (the first ten with what came and what was expected), and DataFileError
 * where a bound is crossed or nothing is there. Format: https://jsonlines.org.
 *
 * @example
 * ```ts
 * import { readJsonl } from "@lowrank/data";
 *
 * const examples = readJsonl('{"prompt": "2 + 2 =", "completion": " 4"}\n');
 * if (examples[0]?.kind !== "completion") throw new Error("not recognised");
 * ```
 */
export function readJsonl(text: string, options: ReadOptions = {}): Example[] {
  const reader = new JsonlReader(options);
  reader.push(text);
  return reader.finish();
}
