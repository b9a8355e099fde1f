// What a person teaches, as the page and the worker both have it.

export interface Turn {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** One row of the table. `before`: what was said earlier, of rows that came from conversations. */
export interface Row {
  readonly id: string;
  readonly before?: readonly Turn[];
  readonly says: string;
  readonly answers: string;
}

/** A row as the model reads it. */
export interface CheckedRow {
  readonly id: string;
  readonly tokens: number;
  /** The row's text in pieces; the loss counts those that are `counted`. */
  readonly pieces: readonly { readonly text: string; readonly counted: boolean }[];
  /** What keeps it from being taught, in plain words; undefined: nothing. */
  readonly problem: RowProblem | undefined;
}

export interface RowProblem {
  /** Which column it stands beside. */
  readonly column: "says" | "answers";
  readonly kind: "empty" | "too-long" | "repeated" | "unwritable";
  /** Tokens, of a row that is too long: how many it has, how many fit. */
  readonly got?: number;
  readonly max?: number;
}

/** What was pasted, or a file that was dropped: JSONL, JSON, CSV, TSV, Parquet, or a row a line. */
export type RowsSource = { readonly text: string } | { readonly file: File };
