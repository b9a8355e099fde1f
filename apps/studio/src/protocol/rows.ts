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

/** Text, pasted or of a file with this name. */
export interface RowsText {
  readonly text: string;
  readonly name?: string | undefined;
}

/** Text, or a dropped file: JSONL, JSON, CSV, TSV, Parquet, XLSX, or one row per line. */
export type RowsSource = RowsText | { readonly file: File };

export interface RowsRead {
  readonly rows: readonly Row[];
  readonly broken?: BrokenRows | undefined;
}

/** Rows of a source that are not among the rows read. */
export interface BrokenRows {
  /** What is wrong with the first of them. */
  readonly problem: string;
  /** Their lines, to be corrected and read again; undefined for files without lines. */
  readonly lines: RowsText | undefined;
}
