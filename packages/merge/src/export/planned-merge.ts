// The interface of a merge that is computed during an export.

/** Number types without blocks. */
export type PlainType = "F32" | "F16" | "BF16";

/** Rows of a merged weight; if they are already rounded, with the largest rounding error. */
export type MergedRows = Float32Array | { readonly bytes: Uint8Array; readonly largest: number };

/** A merge that is computed weight by weight, on request. */
export interface PlannedMerge {
  /** Paths of the parameters that it changes. */
  readonly changed: readonly string[];
  /** Paths that share a weight with another module and will get their own. */
  readonly untied: readonly string[];
  /** A weight of the merged model in file order, some rows at a time. Use each piece before asking for the next. Throws NON_FINITE_MERGE. */
  values(path: string): AsyncIterable<Float32Array>;
  /** The same for a file of that type. Rows come already rounded if that is faster. */
  readonly roundedValues?: (path: string, dtype: PlainType) => AsyncIterable<MergedRows>;
}
