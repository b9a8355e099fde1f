// What all readers can be told.

import type { OptionNames } from "@lowrank/contracts";
import type { DataError } from "../errors.ts";
import type { Example } from "../example.ts";

/** Options of every reader. Sizes bound what a hostile or mistaken file can make us hold. */
export interface ReadOptions {
  /** Name of the file in errors; default of a path: the path as it is given. */
  readonly file?: string;
  /** Which column of the file is which field: `{ prompt: "mr", completion: "ref" }`. Other columns are not read. */
  readonly columns?: Readonly<Record<string, string>>;
  /** For CSV and TSV without a first line of names: the names of the columns, in order. */
  readonly header?: readonly string[];
  /**
   * Columns and header of other data, which hold where nothing else is said and this file has them: a row with all of the columns – one
   * that is asked with any –, a table as wide as the header whose first line has none of its names.
   */
  readonly remembered?: Pick<ReadOptions, "columns" | "header"> | undefined;
  /** Largest size of the file; default 1 GiB (in bytes from a path, in characters from a text). */
  readonly maxSize?: number;
  /** Largest number of rows; default 10 million. */
  readonly maxRows?: number;
  /** Largest length of one line or row in characters; default 16 Mi. */
  readonly maxRowLength?: number;
  /**
   * Leaves broken rows out, and hears of them once, when the file was read: the error says how many and what is wrong with the
   * first. Absent, it is thrown, and nothing of the file is used. A file of broken rows alone is refused all the same.
   */
  readonly onBrokenRows?: ((error: DataError) => void) | undefined;
  /** Called for each column of the first row that is not read. */
  readonly onIgnoredColumn?: ((name: string) => void) | undefined;
  /** Where a file is that a row names, such as a picture; default: where the name says. */
  readonly locate?: ((name: string) => string) | undefined;
  /**
   * Says that rows are asked, not learnt from: they need no label, answer or transcript, and lose what they have of one. Hears of
   * each example with all columns of its row.
   */
  readonly onQuestion?: ((example: Example, row: ReadonlyMap<string, unknown>) => void) | undefined;
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
  onQuestion: true,
  asPrompts: true,
};

/** Options with every bound filled in. */
export interface ReadLimits {
  readonly file: string;
  readonly maxSize: number;
  readonly maxRows: number;
  readonly maxRowLength: number;
}

/** Fills in the bounds that were not given. */
export function readLimits(options: ReadOptions): ReadLimits {
  return {
    file: options.file ?? "data",
    maxSize: options.maxSize ?? 2 ** 30,
    maxRows: options.maxRows ?? 10_000_000,
    maxRowLength: options.maxRowLength ?? 2 ** 24,
  };
}
