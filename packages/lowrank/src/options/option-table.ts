// An option of a run is one row: the flag, the name in recipes and in the library, help and limits follow from it.

import type { ActsOn } from "./acts-on.ts";

/** The allowed values, as JSON Schema (draft 2020-12). */
export interface ValueSchema {
  readonly type?: "boolean" | "number" | "integer" | "string" | "array" | "object";
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  /** A regular expression that a text must match. */
  readonly pattern?: string;
  readonly items?: ValueSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  /** The schema of all values of an object with any keys. */
  readonly additionalProperties?: ValueSchema;
  readonly anyOf?: readonly ValueSchema[];
}

/** A schema. `Value` is the type of the allowed values; no property has it. */
export interface Schema<Value> extends ValueSchema {
  readonly type_?: Value;
}

/** One option. Its key is its name in a recipe and in the library; its flag is the same in lower case with dashes. */
export interface OptionRow {
  /** The flag's value in the help: "<rate>", "<files...>" for several, "[blocks]" if it may be left out. Absent: a flag without a value. */
  readonly argument?: string;
  /** At most 100 characters; names of options in backticks, of which the command line makes flags. */
  readonly help: string;
  /** For the reference page alone. */
  readonly detail?: string;
  readonly value: ValueSchema;
  /** The default; absent: the code that reads the option decides. */
  readonly standard?: number | string;
  /** Options that contradict it. */
  readonly excludes?: readonly string[];
  readonly isNeeded?: true;
  /** The help of the flag that turns the option off, if there is one. */
  readonly without?: string;
  /** The expected text for messages, if the schema does not describe it well. */
  readonly expected?: string;
  /** Runs in which it has an effect. Absent: all, or the code that reads it refuses it. */
  readonly actsOn?: ActsOn | readonly ActsOn[];
  /** The receiver of the unchanged value: the model's forward pass, or the trainer. */
  readonly passedTo?: "forward" | "trainer";
  /** Its name in the fingerprint of a run, so that `resume` refuses another value. */
  readonly fact?: string;
  /** Its name in the model card. */
  readonly card?: string;
}

/** Options that belong together, under one heading of the help. */
export interface OptionGroup {
  readonly heading: string;
  readonly rows: Readonly<Record<string, OptionRow>>;
}

type ValueOf<Row> = Row extends { readonly value: Schema<infer Value> } ? Value : never;

/** Options as a caller of the library gives them. */
export type OptionValues<Rows> = { readonly [Name in keyof Rows]?: ValueOf<Rows[Name]> | undefined };

type Always = { readonly standard: unknown } | { readonly isNeeded: true };

/** Options as a recipe has them, with the values that the table gives. */
export type Chosen<Rows> = {
  readonly [Name in keyof Rows as Rows[Name] extends Always ? never : Name]?: ValueOf<Rows[Name]>;
} & { readonly [Name in keyof Rows as Rows[Name] extends Always ? Name : never]: ValueOf<Rows[Name]> };

/** The options that the forward pass or the trainer receives unchanged. */
export type Passed<Rows, To> = {
  readonly [Name in keyof Rows as Rows[Name] extends { readonly passedTo: To } ? Name : never]?: ValueOf<Rows[Name]>;
};

/** The limits of a number. */
export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  /** Excludes `min` itself: a learning rate is more than 0. */
  readonly above?: number;
  /** Excludes `max` itself: a share that must leave something. */
  readonly below?: number;
}

export const flag: Schema<boolean> = { type: "boolean" };
export const text: Schema<string> = { type: "string" };
export const texts: Schema<readonly string[]> = { type: "array", items: text };
export const oneOrMore: Schema<string | readonly string[]> = { anyOf: [text, texts] };
/** Names with a text each. */
export const pairs: Schema<Readonly<Record<string, string>>> = { type: "object", additionalProperties: text };

/** A decimal number. */
export function numberIn(range: NumberRange = {}): Schema<number> {
  return { type: "number", ...limits(range) };
}

/** A whole number. */
export function integerIn(range: NumberRange = {}): Schema<number> {
  return { type: "integer", ...limits(range) };
}

/** One of some names. */
export function oneOf<const Name extends string>(names: readonly Name[]): Schema<Name> {
  return { enum: names };
}

function limits({ min, max, above, below }: NumberRange): ValueSchema {
  return {
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
    ...(above === undefined ? {} : { exclusiveMinimum: above }),
    ...(below === undefined ? {} : { exclusiveMaximum: below }),
  };
}
