// What is known of an option of a run, wherever it is said: typed as a flag, or named in a recipe.

/** What a value may be, as JSON Schema has it (draft 2020-12). */
export interface ValueSchema {
  readonly type?: "boolean" | "number" | "integer" | "string" | "array" | "object";
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  /** Of a text. */
  readonly pattern?: string;
  readonly items?: ValueSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  /** Of an object with any names: what each is. */
  readonly additionalProperties?: ValueSchema;
  readonly anyOf?: readonly ValueSchema[];
}

/** One option. */
export interface RecipeOption {
  /** Its name in a recipe: learningRate. */
  readonly name: string;
  /** What is typed behind its flag: "<rate>", "<files...>" for several, "[blocks]" for what may be left out. Absent: nothing. */
  readonly argument?: string;
  /** For people; other options by their names in backticks, of which the command line makes flags. */
  readonly help: string;
  readonly value: ValueSchema;
  /** What it is where nobody says; absent: somebody else decides. */
  readonly standard?: number | string;
  /** Options that contradict it. */
  readonly excludes?: readonly string[];
  readonly isNeeded?: true;
  /** The help of the flag that turns it off, where there is one. */
  readonly without?: string;
  /** What a text should have been, where its schema does not say it well. */
  readonly expected?: string;
}

/** Options that belong together, under one heading of the help. */
export interface OptionGroup {
  readonly heading: string;
  readonly options: readonly RecipeOption[];
}

/** What a number may be. */
export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  /** Excludes `min` itself: a learning rate is more than 0. */
  readonly above?: number;
  /** Excludes `max` itself: a share that must leave something. */
  readonly below?: number;
}

export const flag: ValueSchema = { type: "boolean" };
export const text: ValueSchema = { type: "string" };
export const texts: ValueSchema = { type: "array", items: text };
export const oneOrMore: ValueSchema = { anyOf: [text, texts] };
/** Names with a text each. */
export const pairs: ValueSchema = { type: "object", additionalProperties: text };

/** A decimal number. */
export function numberIn(range: NumberRange = {}): ValueSchema {
  return { type: "number", ...limits(range) };
}

/** A whole number. */
export function integerIn(range: NumberRange = {}): ValueSchema {
  return { type: "integer", ...limits(range) };
}

/** One of some names. */
export function oneOf(names: readonly string[]): ValueSchema {
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
