// What can go wrong between a model's configuration and what we can compute.

import { LowrankError } from "../errors.ts";
import { describeValue, itemized, printable } from "../messages.ts";
import { withRelative } from "./lookup/default-targets.ts";

/** A `model_type` without a family here. */
export class UnsupportedModelError extends LowrankError {
  constructor(
    readonly modelType: string,
    readonly supported: readonly string[],
    /** The type of the text model inside, where that one is supported. */
    readonly textModel?: string,
  ) {
    const advice =
      textModel === undefined
        ? withRelative(modelType, supported)
        : `, but its text model, of type ${describeValue(textModel)}, is computed: save that by itself in Python`;
    super(
      "UNSUPPORTED_MODEL",
      `No family here computes models of type ${describeValue(modelType)}${advice}. Supported types: ${supported.join(", ")}.`,
    );
  }
}

/** A class name in `architectures`, or a task, that the family does not have. */
export class UnsupportedTaskError extends LowrankError {
  constructor(
    readonly modelType: string,
    /** The class name or task asked for; null if config.json names none. */
    readonly asked: string | null,
    /** What there is: class names, or tasks. */
    readonly supported: readonly string[],
  ) {
    super(
      "UNSUPPORTED_TASK",
      asked === null
        ? `The configuration of this ${modelType} model names no architecture, so its task is unknown. Give a task: ${supported.join(", ")}.`
        : `A ${modelType} model cannot be ${describeValue(asked)} here. Supported: ${supported.join(", ")}.`,
    );
  }
}

/** One thing wrong with a configuration. */
export interface ConfigProblem {
  readonly kind: "missing" | "invalid" | "not-handled";
  /** The key, with dots into nested objects: "rope_parameters.rope_type". */
  readonly key: string;
  /** What the file says, shortened for display; "nothing" if the key is absent. */
  readonly got: string;
  readonly expected: string;
}

/** A config.json that is broken, or that asks for mathematics which are not implemented. Lists everything wrong. */
export class InvalidConfigError extends LowrankError {
  constructor(
    readonly file: string,
    readonly problems: readonly ConfigProblem[],
  ) {
    super("INVALID_CONFIG", describeProblems(file, problems));
  }
}

function describeProblems(file: string, problems: readonly ConfigProblem[]): string {
  const lines = problems.map(({ key, got, expected }) => `${printable(key)}: got ${got}, expected ${expected}`);
  return `${printable(file)} cannot be used:${itemized(lines)}`;
}
