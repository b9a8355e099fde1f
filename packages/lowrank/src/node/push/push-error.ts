// What can go wrong on the way to the Hub.

import { LowrankError } from "@lowrank/contracts";

/** Something that cannot be put on the Hugging Face Hub. */
export class PushError extends LowrankError {
  constructor(
    /** The folder or file. */
    readonly source: string,
    /** The name on the Hub. */
    readonly target: string,
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super("PUSH", `"${source}" cannot be put on the Hugging Face Hub as "${target}": ${reason}`, options);
  }
}
