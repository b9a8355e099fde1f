// Errors of a model's configuration.

import { failure, LowrankError } from "../errors.ts";
import { describeValue, itemized, printable } from "../messages.ts";
import { withRelative } from "./lookup/default-targets.ts";

/** The `model_type` of config.json is not supported. Use a model of a supported type. */
export function unsupportedModelError(
  modelType: string,
  supported: readonly string[] /** The type of the text model inside, where that one is supported. */,
  textModel?: string,
) {
  const advice =
    textModel === undefined
      ? withRelative(modelType, supported)
      : ` Its text model, of type ${describeValue(textModel)}, is supported: save that model alone in Python.`;
  return failure(
    "UNSUPPORTED_MODEL",
    `Models of type ${describeValue(modelType)} are not supported.${advice} Supported types: ${supported.join(", ")}.`,
    { modelType, supported, textModel },
  );
}

/** The model type has no such task, or no such class in `architectures`. Choose one of the supported tasks. */
export function unsupportedTaskError(
  modelType: string /** The requested class name or task; null if config.json names none. */,
  requested: string | null /** The supported class names or tasks. */,
  supported: readonly string[],
) {
  return failure(
    "UNSUPPORTED_TASK",
    requested === null
      ? `config.json of this ${modelType} model has no "architectures", so its task is unknown. Give a task: ${supported.join(", ")}.`
      : `A ${modelType} model cannot be loaded as ${describeValue(requested)}. Supported: ${supported.join(", ")}.`,
    { modelType, requested, supported },
  );
}

/** One problem of a configuration. */
export interface ConfigProblem {
  readonly kind: "missing" | "invalid" | "not-handled";
  /** The key, with dots into nested objects: "rope_parameters.rope_type". */
  readonly key: string;
  /** The file's value, shortened for display; "nothing" if the key is absent. */
  readonly got: string;
  readonly expected: string;
}

/** config.json has missing or invalid keys, or settings that are not supported. Correct the listed keys, or use another model. */
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
