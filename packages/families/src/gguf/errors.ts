// What can go wrong between a GGUF file's metadata and the families.

import { describeValue, LowrankError } from "@lowrank/contracts";

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
      `${file} holds a model of architecture ${describeValue(architecture)}${relativeOf(architecture, supported)}. From ` +
        `GGUF files these are read: ${supported.join(", ")}. Take the model's Hugging Face folder (config.json and safetensors) instead.`,
    );
  }
}

/** The one whose name is part of the other's, or begins most alike. */
function relativeOf(architecture: unknown, supported: readonly string[]): string {
  if (typeof architecture !== "string") return "";
  const alike = (name: string): number => {
    if (architecture.includes(name)) return name.length;
    const end = [...name].findIndex((letter, index) => letter !== architecture[index]);
    return end === -1 ? name.length : end;
  };
  const [nearest] = [...supported].sort((one, other) => alike(other) - alike(one));
  return nearest === undefined || alike(nearest) < 3 ? "" : `, whose nearest relative here is "${nearest}"`;
}
