// The options of all readers.

import type { OptionNames } from "@lowrank/contracts/internal";
import type { DataError } from "../errors.ts";
import type { Example } from "../example.ts";

/** Options of every reader. The limits keep a hostile or wrong file from filling the memory. */
export interface ReadOptions {
  /** Name of the file in errors; default: the path as it is given. */
  readonly file?: string;
  /** The column of each field: `{ prompt: "mr", completion: "ref" }`. Other columns are not read. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Column names, in order, for CSV and TSV files whose first line is already a row. */
  readonly header?: readonly string[];
  /**
   * Columns and header of another data set, used if no `columns` or `header` are given and they fit this file. `columns` fit a row that
   * has all of them (for prediction: any of them). `header` fits a table of the same width whose first line has none of its names.
   */
  readonly remembered?: Pick<ReadOptions, "columns" | "header"> | undefined;
  /** Maximum size of the file; default 1 GiB (in bytes from a path, in characters from a text). */
  readonly maxSize?: number;
  /** Maximum number of rows; default 10 million. */
  readonly maxRows?: number;
  /** Maximum length of one line or row in characters; default 16 Mi. */
  readonly maxRowLength?: number;
  /**
   * Skips broken rows and is called once, after the file was read. The error has their number and the first problems. Without this
   * function, the error is thrown and no row is returned. If all rows are broken, it is thrown in any case.
   */
  readonly onBrokenRows?: ((error: DataError) => void) | undefined;
  /** Called for each column of the first row that is not read. */
  readonly onIgnoredColumn?: ((name: string) => void) | undefined;
  /** Maps a file's name in a row, such as a picture's, to its location; default: the name itself. Undefined refuses the row. */
  readonly locate?: ((name: string) => string | undefined) | undefined;
  /**
   * Reads rows for prediction: they need no label, answer or transcript, and existing ones are removed. It is called with each
   * example and all columns of its row.
   */
  readonly onPredictionRow?: ((example: Example, row: ReadonlyMap<string, unknown>) => void) | undefined;
  /**
   * Reads rows as prompts, to which the model writes completions: each needs "prompt", "messages", "conversations" or "instruction".
   * Answers are left out of the prompt. The example has all columns of its row.
   */
  readonly asPrompts?: boolean | undefined;
}

export const readOptionNames: OptionNames<ReadOptions> = {
  file: true,
  columns: true,
  header: true,
  remembered: true,
  maxSize: true,
  maxRows: true,
  maxRowLength: true,
  onBrokenRows: true,
  onIgnoredColumn: true,
  locate: true,
  onPredictionRow: true,
  asPrompts: true,
};

/** The limits, all of them set. */
export interface ReadLimits {
  readonly file: string;
  readonly maxSize: number;
  readonly maxRows: number;
  readonly maxRowLength: number;
}

/** Fills in the default limits. */
export function readLimits(options: ReadOptions): ReadLimits {
  return {
    file: options.file ?? "data",
    maxSize: options.maxSize ?? 2 ** 30,
    maxRows: options.maxRows ?? 10_000_000,
    maxRowLength: options.maxRowLength ?? 2 ** 24,
  };
}
