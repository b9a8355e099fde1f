// The names of all options of `train`, for programs in plain JavaScript.

import type { OptionNames } from "@lowrank/contracts/internal";
import { trainOptionRows } from "../options/all-options.ts";
import type { KeepingOptions, RunOptions } from "./training-options.ts";

const runNames: OptionNames<
  RunOptions & KeepingOptions & { readonly validation?: unknown; readonly onBrokenRows?: unknown }
> = {
  validation: true,
  onBrokenRows: true,
  signal: true,
  checkpoint: true,
  resumeFrom: true,
  fingerprint: true,
  communicator: true,
  onWarning: true,
  out: true,
  overwrite: true,
  resume: true,
  saveEvery: true,
  keepCheckpoints: true,
  tensorBoard: true,
  report: true,
  verifyBase: true,
};

/** The options of `train`: those of the option table for the library, and others. */
export const trainingNames: Readonly<Record<string, true>> = {
  ...runNames,
  ...Object.fromEntries(Object.keys(trainOptionRows).map((name) => [name, true as const])),
};
