// What the rows of a data file lack.

import { enumerated, LowrankError, printable } from "@lowrank/contracts";
import { NamingError, named } from "./named-option.ts";

/** Not one row of a data file has a token or class to learn. */
export class NothingToTrainError extends LowrankError {
  constructor(readonly file: string) {
    super(
      "NOTHING_TO_TRAIN",
      `No row of "${file}" has anything to learn: every label is -100, or every answer was cut off.`,
    );
  }
}

/** No row of a data file has the tokens that the adapter waits for. */
export class InvocationMissingError extends NamingError {
  constructor(
    readonly file: string,
    readonly tokens: readonly number[],
  ) {
    super(
      "INVOCATION_MISSING",
      `No row of "${file}" has the tokens [${enumerated(tokens)}] that the adapter waits for, so it would ` +
        `learn nothing. Write them into the rows, choose a template that does, or raise ${named("maxLength")} if it cuts them off. ` +
        "Beside other text the same words may be other tokens: marks of the tokenizer's own are safe.",
    );
  }
}

/** BLEU was asked for, but no row has both a prompt and an answer. */
export class NoReferencesError extends NamingError {
  constructor(readonly file: string) {
    super(
      "NO_REFERENCES",
      `${named("generate")} needs rows with a prompt and an answer to compare with; "${file}" has none.`,
    );
  }
}

/** Data names classes that the adapter was not trained to tell apart. */
export class ClassNameError extends LowrankError {
  constructor(
    readonly strangers: readonly string[],
    readonly known: readonly string[],
  ) {
    super(
      "CLASS_NAMES",
      `The data has classes that the adapter does not know: ${enumerated(strangers.map(printable))}. It knows ${enumerated(known.map(printable))}.`,
    );
  }
}

/** A line of a file of prompts that is none. */
export class UnreadablePromptError extends LowrankError {
  constructor(
    readonly file: string,
    readonly line: number,
    reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super("UNREADABLE_PROMPT", `Cannot take a prompt from "${file}", line ${line}: ${reason}.`, options);
  }
}
