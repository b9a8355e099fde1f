// Rows to teach, as the page and the worker share them.

export interface Turn {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** One row of the table. `before`: earlier turns, for rows from conversations. */
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
  /** The row's text in parts; the loss counts the `counted` ones. */
  readonly pieces: readonly { readonly text: string; readonly counted: boolean }[];
  /** The problem that prevents training on it; undefined: none. */
  readonly problem: RowProblem | undefined;
}

export interface RowProblem {
  /** The column of the problem. */
  readonly column: "says" | "answers";
  readonly kind: "empty" | "too-long" | "repeated" | "unwritable";
  /** Tokens, of a row that is too long: how many it has, how many fit. */
  readonly got?: number;
  readonly max?: number;
}

/** Pasted text, or a dropped file: JSONL, JSON, CSV, TSV, Parquet, or one row per line. */
export type RowsSource = { readonly text: string } | { readonly file: File };

export interface RowsRead {
  readonly rows: readonly Row[];
  /** What is wrong with the lines that are not among them. */
  readonly leftOut?: string;
}
