// Errors about options, paths, prompts and inputs.

import { itemized } from "@lowrank/contracts";
import { failure } from "@lowrank/contracts/internal";
import { NamingError, named, namingFailure } from "./named-option.ts";

/** The arguments are contradictory or incomplete; exit code 2. Correct the options that the message names. */
export class UsageError extends NamingError {
  constructor(message: string) {
    super("WRONG_USAGE", message);
  }
}

/** A recipe is invalid. The message lists every problem; exit code 2. */
export class RecipeError extends UsageError {
  constructor(
    readonly file: string,
    readonly problems: readonly string[],
  ) {
    super(`The recipe "${file}" is invalid:${itemized(problems)}`);
  }
}

/** A path does not exist. */
export class PathNotFoundError extends NamingError {
  constructor(
    readonly option: string,
    readonly path: string,
    readonly expected: string,
  ) {
    super("PATH_NOT_FOUND", `${option}: "${path}" does not exist. Expected: ${expected}.`);
  }
}

export function emptyPrompt() {
  const message = `${named("prompt")} is empty. Pass at least one word.`;
  return namingFailure("EMPTY_PROMPT", message, {});
}

/** Texts of a JSON schema cannot be guaranteed. Change the places that the message lists. */
export function unsupportedSchema(faults: readonly string[]) {
  const message = `The JSON schema is not supported:${itemized(faults)}`;
  return failure("UNSUPPORTED_SCHEMA", message, { faults });
}

/** Structured output needs the bytes of each token, which this kind of tokenizer does not have. Generate without a schema. */
export function noTokenBytes() {
  const message =
    "Structured output needs a tokenizer whose tokens are bytes or pieces of text (byte-level BPE, SentencePiece), and " +
    "this model has another one. Generate without `schema` and `json`.";
  return failure("TOKENS_WITHOUT_BYTES", message, {});
}
