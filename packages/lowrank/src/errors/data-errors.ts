// What the rows of a data file lack.

import { enumerated, printable } from "@lowrank/contracts";
import { failure, NamingError, named, namingFailure } from "./named-option.ts";

/** Not one row of a data file has a token or class to learn. */
export function nothingToTrain(file: string) {
  const message = `No row of "${file}" has anything to learn: every label is -100, or every answer was cut off.`;
  return failure("NOTHING_TO_TRAIN", message, { file });
}

/** No row of a data file has the tokens that the adapter waits for. */
export function invocationMissing(file: string, tokens: readonly number[]) {
  const message =
    `No row of "${file}" has the tokens [${enumerated(tokens)}] that the adapter waits for, so it would ` +
    `learn nothing. Write them into the rows, choose a template that does, or raise ${named("maxLength")} if it cuts them off. ` +
    "Beside other text the same words may be other tokens: marks of the tokenizer's own are safe.";
  return namingFailure("INVOCATION_MISSING", message, { file, tokens });
}

/** BLEU was asked for, but no row has both a prompt and an answer. */
export function noReferences(file: string) {
  const message = `${named("generate")} needs rows with a prompt and an answer to compare with; "${file}" has none.`;
  return namingFailure("NO_REFERENCES", message, { file });
}

/** Why names of classes cannot be used. */
export type ClassNameProblem = "unknown" | "unnamed" | "contradicted" | "miscounted";

/** Names of classes that do not go with the numbers of a classifier. */
export class ClassNameError extends NamingError {
  constructor(
    readonly problem: ClassNameProblem,
    readonly strangers: readonly string[],
    /** The names that the classifier has, in order of its numbers. */
    readonly known: readonly string[],
  ) {
    super("CLASS_NAMES", classNameMessages[problem](enumerated(strangers.map(printable)), numbersOf(known)));
  }
}

const option = named("classNames");
const classNameMessages: Readonly<Record<ClassNameProblem, (strangers: string, known: string) => string>> = {
  unknown: (strangers, known) =>
    `The data has classes that the classifier does not know: ${strangers}. It knows ${known}. Rename them in the data.`,
  unnamed: (strangers, known) =>
    `The data has class names that the classifier was not trained with: ${strangers}. Its classes are ${known}, and nothing ` +
    `says which name stands for which number. Give the names in the order of these numbers with ${option}.`,
  contradicted: (strangers, known) =>
    `${option} has the names ${strangers}, but the adapter was trained with ${known}. Leave ${option} out, or give the adapter's names.`,
  miscounted: (strangers, known) =>
    `${option} needs one name for each class, each once, in the order of the numbers. It has ${strangers}; the classes are ${known}.`,
};

function numbersOf(names: readonly string[]): string {
  return enumerated(names.map((name, number) => `${number} = ${printable(name)}`));
}

/** A line of a file of prompts that is none. */
export function unreadablePrompt(
  place: { readonly file: string; readonly line: number },
  reason: string,
  cause?: unknown,
) {
  const { file, line } = place;
  return failure("UNREADABLE_PROMPT", `Cannot take a prompt from "${file}", line ${line}: ${reason}.`, {
    file,
    line,
    cause,
  });
}
