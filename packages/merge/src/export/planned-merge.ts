// What an export needs of a merge that is not computed yet.

/** Types of numbers that are no blocks. */
export type PlainType = "F32" | "F16" | "BF16";

/** A merge that is computed weight by weight, when somebody asks for one. */
export interface PlannedMerge {
  /** Parameter paths of the weights that it changes. */
  readonly changed: readonly string[];
  /** Those of them that share a weight with another module, and are to have their own. */
  readonly untied: readonly string[];
  /**
   * Any weight of the merged model in the order of files, some rows at a time, for use before the next ones are asked for.
   * Throws NonFiniteMergeError.
   */
  values(path: string): AsyncIterable<Float32Array>;
  /** The same for a file of that type: where that is quicker, rows come rounded, with the largest loss of a number. */
  readonly roundedValues?: (
    path: string,
    dtype: PlainType,
  ) => AsyncIterable<Float32Array | { readonly bytes: Uint8Array; readonly largest: number }>;
}
