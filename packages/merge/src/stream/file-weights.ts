// What a merge must know of a base whose weights are in files, and not in memory.

import type { PlainType } from "../export/planned-merge.ts";

/** A weight that lies in a file. */
export interface FileWeight {
  /** As files store it. */
  readonly shape: readonly number[];
  /** Some of its numbers, row by row; both are whole rows of the last axis. They may be put into `into`. */
  read(first: number, count: number, into?: Float32Array): Promise<Float32Array>;
  /** The same as the file's bytes; there where these are plain numbers in the order of rows. */
  readonly stored?: {
    readonly dtype: PlainType;
    readonly readBytes: (first: number, count: number) => Promise<Uint8Array>;
  };
}

/** The weights of such a base. `WeightsInFiles` of `@lowrank/models` is one. */
export interface FileWeights {
  /** By transformers' parameter path; undefined for one that is in memory, or that another's path stands for. */
  weight(path: string): FileWeight | undefined;
  /** Does something that computes with weights as a whole, which are read for it. */
  whileRead<T>(work: () => T): Promise<T>;
}
