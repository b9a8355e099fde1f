// How one family's config.json is read: which key holds which number, which keys must have a certain value, and which
// do not matter here.

/** The numbers that make an architecture. */
export type SizeName =
  | "vocabularySize"
  | "hiddenSize"
  | "intermediateSize"
  | "layers"
  | "heads"
  | "keyValueHeads"
  | "headSize"
  | "maxPositions"
  | "tokenTypes";

/** Where a size is written, and what it is when the file says nothing. */
export interface SizeRow {
  /** config.json's key, then other spellings of it that transformers accepts. */
  readonly keys: readonly [string, ...string[]];
  /** Used when no key is present or its value is null; absent means that the size must be given. */
  readonly fallback?: number | { readonly times: number; readonly of: SizeName };
}

/** Where a rate from 0 to below 1 is written. */
export interface RateRow {
  readonly keys: readonly [string, ...string[]];
  readonly fallback: number;
}

/** The places where a base model itself drops values while training. */
export type DropoutPlace = "embedding" | "attention" | "residual" | "classifier";

/** A key that changes the computation, of which only some values are computed. */
export interface FixedKey {
  readonly key: string;
  /** Values that are computed; an absent key is always fine. `null` must be listed where it may occur. */
  readonly values: readonly unknown[];
  /** What another value would change. */
  readonly effect: string;
}

/** One family's config.json. */
export interface ConfigTable {
  /** A size without a row is 0 (`tokenTypes`) or follows from others (`keyValueHeads`, `headSize`). */
  readonly sizes: Readonly<Partial<Record<SizeName, SizeRow>>>;
  readonly activation: { readonly key: string; readonly fallback: string };
  readonly normEpsilon: { readonly key: string; readonly fallback: number };
  readonly dropouts: Readonly<Partial<Record<DropoutPlace, RateRow>>>;
  readonly tiedByDefault: boolean;
  /** True where positions are rotations; the file then says how fast they turn. */
  readonly rotary: boolean;
  readonly fixed: readonly FixedKey[];
  /** Keys of this family that change nothing here, beyond those common to all families. */
  readonly harmless: readonly string[];
}
