// Turns the text of one option into its value, or says what it should have been (exit code 2).

import { InvalidArgumentError } from "commander";

/** What a value may be, as JSON Schema has it (draft 2020-12): a recipe has values where the command line has texts. */
export interface ValueSchema {
  readonly type?: "boolean" | "number" | "integer" | "string" | "array" | "object";
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly items?: ValueSchema;
  /** Of an object with any names: what each is. */
  readonly additionalProperties?: ValueSchema;
  readonly anyOf?: readonly ValueSchema[];
}

/** A parser of an option's text that says what values it makes. */
export interface ValueParser<T> {
  (text: string): T;
  readonly schema: ValueSchema;
}

/** What a number option accepts. */
export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  /** Excludes `min` itself: a learning rate is more than 0. */
  readonly above?: number;
  /** Excludes `max` itself: a share that must leave something. */
  readonly below?: number;
}

/** A parser of decimal numbers within a range. */
export function numberIn(range: NumberRange = {}): ValueParser<number> {
  const parse = (text: string) => {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
    if (!Number.isFinite(value) || !isInside(value, range)) throw new InvalidArgumentError(expected("a number", range));
    return value;
  };
  return Object.assign(parse, { schema: { type: "number", ...limits(range) } as const });
}

/** A parser of whole numbers within a range. */
export function integerIn(range: NumberRange = {}): ValueParser<number> {
  const parse = (text: string) => {
    const value = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value) || !isInside(value, range)) {
      throw new InvalidArgumentError(expected("a whole number", range));
    }
    return value;
  };
  return Object.assign(parse, { schema: { type: "integer", ...limits(range) } as const });
}

const names: ValueSchema = { type: "array", items: { type: "string" } };

/** Splits "a,b" into its names. */
export const nameList: ValueParser<readonly string[]> = Object.assign(splitNames, { schema: names });

function splitNames(text: string): readonly string[] {
  const found = text.split(",").map((name) => name.trim());
  if (found.some((name) => name === "")) {
    throw new InvalidArgumentError('Expected names separated by commas, such as "q_proj,v_proj".');
  }
  return [...new Set(found)];
}

/** Reads "field=column,field=column". */
export const columnNames: ValueParser<Readonly<Record<string, string>>> = Object.assign(splitColumns, {
  schema: { type: "object", additionalProperties: { type: "string" } } as const,
});

function splitColumns(text: string): Readonly<Record<string, string>> {
  const pairs = splitNames(text).map((pair) => pair.split("=").map((part) => part.trim()));
  if (pairs.some((pair) => pair.length !== 2 || pair.includes(""))) {
    throw new InvalidArgumentError('Expected field=column pairs, such as "prompt=question,completion=answer".');
  }
  return Object.fromEntries(pairs);
}

/** "all-linear" and patterns stay text; names separated by commas become a list, as in PEFT. */
export const targetModules: ValueParser<string | readonly string[]> = Object.assign(readTargets, {
  schema: { anyOf: [{ type: "string" }, names] } as const,
});

function readTargets(text: string): string | readonly string[] {
  const isPattern = text === "all-linear" || /[\\^$*+?()[\]{}|]/.test(text);
  return isPattern ? text : splitNames(text);
}

function limits({ min, max, above, below }: NumberRange): ValueSchema {
  return {
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
    ...(above === undefined ? {} : { exclusiveMinimum: above }),
    ...(below === undefined ? {} : { exclusiveMaximum: below }),
  };
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
