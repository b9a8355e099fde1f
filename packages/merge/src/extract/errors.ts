// Errors of extracting an adapter.

import { LowrankError } from "@lowrank/contracts";

/** No adapter can be extracted from these two checkpoints. Give a base model and a fine-tuned model of the same shape and finite weights. */
export class ExtractionError extends LowrankError {
  constructor(
    code: "EXTRACTION_MISMATCH" | "NOTHING_TO_EXTRACT" | "NON_FINITE_CHECKPOINT" | "UNEXTRACTABLE_DORA",
    message: string,
  ) {
    super(code, message);
  }
}
