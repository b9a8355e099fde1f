// What was typed cannot be done: options, paths, prompts and inputs.

import { itemized } from "@lowrank/contracts";
import { failure, NamingError, named, namingFailure } from "./named-option.ts";

/** The arguments contradict each other or lack something; exit code 2. */
export class UsageError extends NamingError {
  constructor(message: string) {
    super("WRONG_USAGE", message);
  }
}

/** A recipe is not what `lowrank train` takes; every fault is listed; exit code 2. */
export class RecipeError extends UsageError {
  constructor(
    readonly file: string,
    readonly problems: readonly string[],
  ) {
    super(`The recipe "${file}" cannot be used:${itemized(problems)}`);
  }
}

/** A path that was given does not lead anywhere. */
export class PathNotFoundError extends NamingError {
  constructor(
    readonly option: string,
    readonly path: string,
    readonly expected: string,
  ) {
    super("PATH_NOT_FOUND", `${option}: there is no "${path}"; expected ${expected}.`);
  }
}

export function emptyPrompt() {
  const message = `An empty ${named("prompt")} has no token to continue. Give at least one word.`;
  return namingFailure("EMPTY_PROMPT", message, {});
}

/** inputs.json of `lowrank forward` is not what the model takes; every fault is listed. */
export function invalidInputs(file: string, faults: readonly string[]) {
  return failure("INVALID_INPUTS", `"${file}" cannot be used as model inputs:${itemized(faults)}`, { file, faults });
}
