// What can go wrong between a GGUF file's metadata and the families.

import { describeValue, LowrankError } from "@lowrank/contracts";
import { withRelative } from "../lookup/nearest-relative.ts";

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
