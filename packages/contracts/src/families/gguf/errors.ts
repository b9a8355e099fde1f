// What can go wrong between a GGUF file's metadata and the families.

import { LowrankError } from "../../errors.ts";
import { describeValue, itemized } from "../../messages.ts";
import { withRelative } from "../lookup/default-targets.ts";

/** A GGUF file of an architecture without a table here. */
export class UnsupportedArchitectureError extends LowrankError {
  constructor(
    readonly file: string,
    /** `general.architecture`; undefined where the file names none. */
    readonly architecture: unknown,
    readonly supported: readonly string[],
  ) {
    super(
      "UNSUPPORTED_ARCHITECTURE",
      `${file} holds a model of architecture ${describeValue(architecture)}${withRelative(architecture, supported)}. From ` +
        `GGUF files these are read: ${supported.join(", ")}. Take the model's Hugging Face folder (config.json and safetensors) instead.`,
    );
  }
}

/** A model that a GGUF file cannot hold so that llama.cpp computes the same. */
export class UnwritableArchitectureError extends LowrankError {
  constructor(
    readonly modelType: string,
    readonly problems: readonly { readonly what: string; readonly reason: string }[],
  ) {
    const lines = problems.map(({ what, reason }) => `${what}: ${reason}`);
    super(
      "UNWRITABLE_ARCHITECTURE",
      `A model of type ${modelType} cannot be written as GGUF:${itemized(lines)}\nWrite a Hugging Face folder instead.`,
    );
  }
}
