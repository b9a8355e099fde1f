// Errors between a file and a token batch.

import { itemized, LowrankError } from "@lowrank/contracts";
import { failure } from "@lowrank/contracts/internal";

/** One thing wrong with one row of a file. */
export interface RowProblem {
  /** Number of the line in the file, or of the element of a JSON array, from 1. */
  readonly row: number;
  /** What was found. */
  readonly found: string;
  /** What was expected. */
  readonly expected: string;
  /** How many rows after it have the same problem. */
  readonly more?: number;
  /** The first of them. */
  readonly moreRows?: readonly number[];
}

/** More facts for the message about a file's rows. */
export interface DataErrorFacts {
  readonly count?: number;
  readonly unit?: "line" | "row";
  /** What to do, if there is better advice than to correct the rows. */
  readonly advice?: string | undefined;
}

/** Rows of a data file are broken, and no row of it is used. Correct or remove these rows, or name the columns. */
export class DataError extends LowrankError {
  /** How many rows are broken in all. */
  readonly count: number;

  constructor(
    readonly file: string,
    /** The first problems. */
    readonly problems: readonly RowProblem[],
    { count = problems.length, unit = "line", advice }: DataErrorFacts = {},
  ) {
    const summary = count === 1 ? `1 ${unit} is broken` : `${count} ${unit}s are broken`;
    const reported = problems.reduce((sum, { more = 0 }) => sum + more, 0);
    const rows = itemized(problems.map(lineOf(unit)), count - reported);
    // Advice is about all rows: it comes before the problems of the first rows.
    const text =
      advice === undefined ? `${rows}\nCorrect or remove ${count === 1 ? "it" : "them"}.` : `\n${advice}${rows}`;
    super("DATA_BROKEN_ROWS", `Cannot use "${file}": ${summary}.${text}`);
    this.count = count;
  }
}

function lineOf(unit: "line" | "row"): (problem: RowProblem) => string {
  return ({ row, found, expected, more = 0, moreRows = [] }) => {
    const unnamed = more > moreRows.length ? ` and ${more - moreRows.length} more` : "";
    const where = `${unit}${more === 0 ? "" : "s"} ${[row, ...moreRows].join(", ")}${unnamed}`;
    return `${where}: expected ${expected}, got ${found}`;
  };
}

/** Some labels are class numbers and others are class names. Use one kind for all rows. */
export function mixedLabelsError(
  /** Every row, counted from 1, whose class is not of the first row's kind. */
  problems: readonly RowProblem[],
) {
  const advice = "Give every row a class number from 0, or every row a class name. A text of digits is a number.";
  return failure("MIXED_LABELS", `Labels mix numbers and names:${itemized(problems.map(lineOf("row")))}\n${advice}`, {
    problems,
  });
}

/** A data file cannot be read: it is missing, too large, not text, empty or of an unknown kind. Follow the advice in the message. */
export function dataFileError(file: string, reason: string, options?: { readonly cause?: unknown }) {
  return failure("DATA_UNREADABLE_FILE", `Cannot read "${file}": ${reason}`, { file, reason, ...options });
}

/** The tokenizer's files are missing, invalid or not supported. Correct them, or copy the model's tokenizer.json into its folder. */
export function tokenizerError(problems: readonly string[], options?: { readonly cause?: unknown }) {
  return failure("TOKENIZER_INVALID", `Cannot build a tokenizer:${itemized(problems)}`, { problems, ...options });
}

/** A text cannot be tokenized, or ids cannot be decoded. Give another text or another tokenizer. */
export class TokenizationError extends LowrankError {
  constructor(
    readonly reason: string,
    /** The limit that was exceeded, if it was one. */
    readonly limit?: number,
    options?: { readonly cause?: unknown },
  ) {
    super("TOKENIZATION_FAILED", `Cannot tokenize: ${reason} Give another text or another tokenizer.`, options);
  }
}

/** One token that cannot be added. */
export interface TokenProblem {
  readonly token: string;
  /** The problem, and the expected value. */
  readonly reason: string;
}

/** Tokens cannot be added to the tokenizer, which was not changed. Correct or remove the listed tokens. */
export function addedTokensError(problems: readonly TokenProblem[]) {
  const lines = problems.map(({ token, reason }) => `${JSON.stringify(token.slice(0, 60))}: ${reason}`);
  return failure(
    "TOKENS_NOT_ADDABLE",
    `Cannot add tokens to the tokenizer:${itemized(lines)}\nCorrect or remove them.`,
    { problems },
  );
}

/** A recording cannot be read, or its format is not supported. Convert it to a WAV file with ffmpeg. */
export function audioError(reason: string) {
  return failure("AUDIO_UNREADABLE", reason, { reason });
}

/** A prompt template cannot write this example, or does not exist. Choose another template. */
export class TemplateError extends LowrankError {
  constructor(
    readonly template: string,
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super("TEMPLATE_FAILED", `The template "${template}" cannot be used: ${reason}`, options);
  }
}

/** A model's chat template exceeds a limit of size or work. Choose another template. */
export class TemplateLimitError extends TemplateError {
  constructor(
    /** The exceeded limit: "steps", "characters in one text" … */
    readonly what: string,
    readonly largest: number,
    options?: { readonly cause?: unknown },
  ) {
    super("chat", `it needs more than ${largest} ${what}. Choose another template.`, options);
  }
}

/** Examples do not fit together, or an option for them is invalid. Correct the example or the option that the message names. */
export class ExampleError extends LowrankError {
  constructor(readonly reason: string) {
    super("EXAMPLE_UNUSABLE", reason);
  }
}
