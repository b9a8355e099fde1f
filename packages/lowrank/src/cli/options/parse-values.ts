// Parses the text of one option, or throws a usage error with the expected value (exit code 2).

import { InvalidArgumentError } from "commander";
import { isTargetPattern } from "../../options/adapter-options.ts";
import { describeSchema, fits } from "../../options/fits-schema.ts";
import type { ValueSchema } from "../../options/option-table.ts";

/** A parser of decimal or whole numbers that the schema allows. */
export function numberParser(schema: ValueSchema): (text: string) => number {
  const written = schema.type === "integer" ? /^[+-]?\d+$/ : /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  return (text) => {
    const value = written.test(text.trim()) ? Number(text) : Number.NaN;
    if (!fits(value, schema)) throw new InvalidArgumentError(`Expected ${describeSchema(schema)}.`);
    return value;
  };
}

export function nameList(text: string): readonly string[] {
  const found = text.split(",").map((name) => name.trim());
  if (found.some((name) => name === "")) {
    throw new InvalidArgumentError('Expected names separated by commas, such as "q_proj,v_proj".');
  }
  return [...new Set(found)];
}

/** Reads "field=column,field=column". */
export function columnNames(text: string): Readonly<Record<string, string>> {
  const pairs = nameList(text).map((pair) => pair.split("=").map((part) => part.trim()));
  if (pairs.some((pair) => pair.length !== 2 || pair.includes(""))) {
    throw new InvalidArgumentError('Expected field=column pairs, such as "prompt=question,completion=answer".');
  }
  return Object.fromEntries(pairs);
}

/** "all-linear" and patterns stay text; names separated by commas become a list, as in PEFT. */
export function targetModules(text: string): string | readonly string[] {
  return isTargetPattern(text) ? text : nameList(text);
}
