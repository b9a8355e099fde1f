// Rows that a program has in its hands, as objects with the keys of a data file.

import { isObject, type JsonObject, refuseUnknownOptions } from "@lowrank/contracts";
import type { Example } from "../example.ts";
import { ExampleCollector } from "./example-collector.ts";
import { type ReadOptions, readOptionNames } from "./read-options.ts";

/**
 * The examples of objects as they come, one by one; forms are recognised by their keys, those without a value passed over.
 *
 * Throws as `readJson`, when the good rows have come.
 *
 * @example
 * ```ts
 * import { readObjects } from "@lowrank/data";
 *
 * for await (const example of readObjects([{ prompt: "2 + 2 =", completion: " 4" }])) {
 *   if (example.kind !== "completion") throw new Error("not recognised");
 * }
 * ```
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
