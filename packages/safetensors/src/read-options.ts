// What a caller may set about reading.

import type { OptionNames, WarningListener } from "@lowrank/contracts";

/** Limits on what a file may ask of us. */
export interface ReadOptions {
  /** Largest header in bytes; default 25 000 000, never more than the format's 100 000 000. */
  readonly maxHeaderBytes?: number;
  /** Most tensors in one file; default 1 000 000. */
  readonly maxTensors?: number;
  /** Told of oddities that are no errors. */
  readonly onWarning?: WarningListener;
}

export const readOptionNames: OptionNames<ReadOptions> = { maxHeaderBytes: true, maxTensors: true, onWarning: true };
