// What can go wrong between a file and a token batch.

import { itemized, LowrankError } from "@lowrank/contracts";

/** One thing wrong with one row of a file. */
export interface RowProblem {
  /** Where, counted from 1: the line in the file, or the element of a JSON array. */
  readonly row: number;
  /** What came. */
  readonly found: string;
  /** What would have been right. */
  readonly expected: string;
  /** How many rows after it have the same columns and so the same problem. */
  readonly more?: number;
}

/** What else a refusal of a file's rows can say. */
export interface DataErrorFacts {
  readonly count?: number;
  readonly unit?: "line" | "row";
  /** What to do, where it is known better than to mend the rows. */
  readonly advice?: string | undefined;
}

/** Rows of a data file are broken. Nothing of the file is used: training on half a file unnoticed is worse than failing. */
export class DataError extends LowrankError {
  /** How many rows are broken in all. */
  readonly count: number;

  constructor(
    readonly file: string,
    /** The first problems. */
    readonly problems: readonly RowProblem[],
    { count = problems.length, unit = "line", advice }: DataErrorFacts = {},
  ) {
    const what = count === 1 ? `1 ${unit} of it is broken` : `${count} ${unit}s of it are broken`;
    const told = problems.reduce((sum, { more = 0 }) => sum + more, 0);
    const rows = itemized(problems.map(lineOf(unit)), count - told);
    // Advice is about all rows: it comes before what is told of the first of them.
    const text =
      advice === undefined ? `${rows}\nMend or remove ${count === 1 ? "it" : "them"}.` : `\n${advice}${rows}`;
    super("DATA_BROKEN_ROWS", `Cannot use "${file}": ${what}.${text}`);
    this.count = count;
  }
}

function lineOf(unit: "line" | "row"): (problem: RowProblem) => string {
  return ({ row, found, expected, more = 0 }) => {
    const where = more === 0 ? `${unit} ${row}` : `${unit} ${row} and ${more} more`;
    return `${where}: expected ${expected}, got ${found}`;
  };
}

/** Some rows' classes are numbers, others' names: a name's number could be another row's class. */
export class MixedLabelsError extends LowrankError {
  constructor(
    /** Every row, counted from 1, whose class is not of the first one's kind. */
    readonly problems: readonly RowProblem[],
  ) {
    const advice = "Give every row a class number from 0, or every row a class name; a text of digits is a number.";
    super("MIXED_LABELS", `Cannot number the classes:${itemized(problems.map(lineOf("row")))}\n${advice}`);
  }
}

/** A data file as a whole cannot be read: too large, not text, no rows, an unknown kind. */
export class DataFileError extends LowrankError {
  constructor(
    readonly file: string,
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super("DATA_UNREADABLE_FILE", `Cannot read "${file}": ${reason}`, options);
  }
}

/** tokenizer.json or tokenizer_config.json is not what a tokenizer can be built from. */
export class TokenizerError extends LowrankError {
  constructor(
    readonly problems: readonly string[],
    options?: { readonly cause?: unknown },
  ) {
    super("TOKENIZER_INVALID", `Cannot build a tokenizer:${itemized(problems)}`, options);
  }
}

/** A text cannot be tokenised, or ids not be written: the tokenizer has no piece for it, or asks for too much work or text. */
export class TokenizationError extends LowrankError {
  constructor(
    readonly reason: string,
    /** The limit that was exceeded, if it was one. */
    readonly limit?: number,
    options?: { readonly cause?: unknown },
  ) {
    super("TOKENIZATION_FAILED", `Cannot tokenise: ${reason} Give another text or another tokenizer.`, options);
  }
}

/** One token that cannot be added. */
export interface TokenProblem {
  readonly token: string;
  /** What is wrong, and what would be right. */
  readonly reason: string;
}

/** Tokens cannot be added to a tokenizer; nothing of it was changed. */
export class AddedTokensError extends LowrankError {
  constructor(readonly problems: readonly TokenProblem[]) {
    const lines = problems.map(({ token, reason }) => `${JSON.stringify(token.slice(0, 60))}: ${reason}`);
    super("TOKENS_NOT_ADDABLE", `Cannot add tokens to the tokenizer:${itemized(lines)}\nCorrect or remove them.`);
  }
}

/** A sound cannot be read, or is none that a model could hear. */
export class AudioError extends LowrankError {
  constructor(readonly reason: string) {
    super("AUDIO_UNREADABLE", reason);
  }
}

/** A prompt template cannot express an example. */
export class TemplateError extends LowrankError {
  constructor(
    readonly template: string,
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super("TEMPLATE_FAILED", `The template "${template}" cannot be used: ${reason}`, options);
  }
}

/** A chat template, a program from a stranger, takes more than any honest one. */
export class TemplateLimitError extends TemplateError {
  constructor(
    /** What there is too much of: "steps", "characters in one text" … */
    readonly what: string,
    readonly largest: number,
    options?: { readonly cause?: unknown },
  ) {
    super("chat", `it takes more than ${largest} ${what}. Give another template.`, options);
  }
}

/** Examples cannot be tokenised or batched as asked. */
export class ExampleError extends LowrankError {
  constructor(readonly reason: string) {
    super("EXAMPLE_UNUSABLE", reason);
  }
}
