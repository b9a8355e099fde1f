// Turns the text of one option into its value, or says what it should have been (exit code 2).

import { InvalidArgumentError } from "commander";
import { isTargetPattern } from "../../options/adapter-options.ts";
import type { NumberRange } from "../../options/option-table.ts";

/** A parser of decimal numbers within a range. */
export function numberIn(range: NumberRange = {}): (text: string) => number {
  return (text) => {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
    if (!Number.isFinite(value) || !isInside(value, range)) throw new InvalidArgumentError(expected("a number", range));
    return value;
  };
}

export function integerIn(range: NumberRange = {}): (text: string) => number {
  return (text) => {
    const value = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value) || !isInside(value, range)) {
      throw new InvalidArgumentError(expected("a whole number", range));
    }
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

function isInside(value: number, { min, max, above, below }: NumberRange): boolean {
  if (min !== undefined && value < min) return false;
  if (max !== undefined && value > max) return false;
  if (below !== undefined && value >= below) return false;
  return above === undefined || value > above;
}

function expected(kind: string, { min, max, above, below }: NumberRange): string {
  const bounds = [
    min === undefined ? "" : `at least ${min}`,
    above === undefined ? "" : `more than ${above}`,
    max === undefined ? "" : `at most ${max}`,
    below === undefined ? "" : `less than ${below}`,
  ].filter((bound) => bound !== "");
  return `Expected ${kind}${bounds.length > 0 ? `, ${bounds.join(" and ")}` : ""}.`;
}
