// Everything that extracting an adapter can refuse.

import { LowrankError } from "@lowrank/contracts";

/** Two checkpoints of which no adapter can be extracted. The code says why. */
export class ExtractionError extends LowrankError {
  constructor(
    code: "EXTRACTION_MISMATCH" | "NOTHING_TO_EXTRACT" | "NON_FINITE_CHECKPOINT" | "UNEXTRACTABLE_DORA",
    message: string,
  ) {
    super(code, message);
  }
}
