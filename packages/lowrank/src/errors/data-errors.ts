// Errors about the rows of a data file.

import { enumerated, failure, printable } from "@lowrank/contracts/internal";
import { NamingError, named, namingFailure } from "./named-option.ts";

/** No row of a data file has a token or class to learn. */
export function nothingToTrain(file: string) {
  const message = `No row of "${file}" has anything to learn: every label is -100, or every answer was cut off. Correct the labels, or raise ${named("maxLength")}.`;
  return namingFailure("NOTHING_TO_TRAIN", message, { file });
}

/** No row of a data file has the tokens after which the adapter acts. */
export function invocationMissing(file: string, tokens: readonly number[]) {
  const message =
    `No row of "${file}" has the invocation tokens [${enumerated(tokens)}], so the adapter would never ` +
    `act. Add them to the rows, choose a template that writes them, or raise ${named("maxLength")} if they are cut off. ` +
    "Next to other text, the same words can become other tokens. Special tokens of the tokenizer always stay the same.";
  return namingFailure("INVOCATION_MISSING", message, { file, tokens });
}

/** BLEU is to be measured, but no row has both a prompt and an answer. */
export function noReferences(file: string) {
  const message = `${named("generate")} needs rows with a prompt and an answer to compare with; "${file}" has none. Add such rows, or leave the option out.`;
  return namingFailure("NO_REFERENCES", message, { file });
}

/** Why names of classes cannot be used. */
export type ClassNameProblem = "unknown" | "unnamed" | "contradicted" | "miscounted";

/** Class names that do not match the classes of a classifier. Rename the classes in the data, or pass the classifier's names. */
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
    `The data has classes that the classifier does not have: ${strangers}. Its classes are ${known}. Rename them in the data.`,
  unnamed: (strangers, known) =>
    `The data has class names that the classifier was not trained with: ${strangers}. Its classes are ${known}. lowrank cannot ` +
    `match names and numbers. Pass the names with ${option}, in the order of these numbers.`,
  contradicted: (strangers, known) =>
    `${option} has the names ${strangers}, but the adapter was trained with ${known}. Leave ${option} out, or pass the adapter's names.`,
  miscounted: (strangers, known) =>
    `${option} needs one name for each class, each once, in the order of the numbers. It has ${strangers}; the classes are ${known}.`,
};

function numbersOf(names: readonly string[]): string {
  return enumerated(names.map((name, number) => `${number} = ${printable(name)}`));
}

/** A line of a prompts file that has no usable prompt. */
export function unreadablePrompt(
  location: { readonly file: string; readonly line: number },
  reason: string,
  cause?: unknown,
) {
  const { file, line } = location;
  const message = `Cannot read a prompt from "${file}", line ${line}: ${reason}. Correct this line.`;
  return failure("UNREADABLE_PROMPT", message, { file, line, cause });
}
