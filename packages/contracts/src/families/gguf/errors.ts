// Errors of a GGUF file's metadata.

import { failure } from "../../errors.ts";
import { describeValue, itemized } from "../../messages.ts";
import { withRelative } from "../lookup/default-targets.ts";

/** The GGUF file has a model of an unsupported architecture. Use the model's Hugging Face folder instead. */
export function unsupportedArchitectureError(
  file: string /** `general.architecture`; undefined if the file has none. */,
  architecture: unknown,
  supported: readonly string[],
) {
  return failure(
    "UNSUPPORTED_ARCHITECTURE",
    `${file} has the architecture ${describeValue(architecture)}, not supported.${withRelative(architecture, supported)} ` +
      `Supported in GGUF files: ${supported.join(", ")}. Use the model's Hugging Face folder (config.json and safetensors) instead.`,
    { file, architecture, supported },
  );
}

/** llama.cpp would compute this model differently from a GGUF file. Write a Hugging Face folder instead. */
export function unwritableArchitectureError(
  modelType: string,
  problems: readonly { readonly what: string; readonly reason: string }[],
) {
  const lines = problems.map(({ what, reason }) => `${what}: ${reason}`);
  return failure(
    "UNWRITABLE_ARCHITECTURE",
    `A model of type ${modelType} cannot be written as GGUF:${itemized(lines)}\nWrite a Hugging Face folder instead.`,
    { modelType, problems },
  );
}
