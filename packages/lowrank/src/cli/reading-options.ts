// What the command line says of a data file's columns.

import type { ReadOptions } from "@lowrank/data";
import { UsageError } from "../errors/usage-errors.ts";
import { given } from "../given.ts";

/** The options that decide it. */
export interface ColumnOptions {
  readonly data: string;
  readonly columns?: Readonly<Record<string, string>>;
  readonly header?: readonly string[];
}

/** The options as a reader takes them. Throws a UsageError for names of columns where every row names its own. */
export function readingOptions({ data, columns, header }: ColumnOptions): ReadOptions {
  if (header !== undefined && !/\.[ct]sv$/i.test(data)) {
    throw new UsageError(`--header names the columns of a .csv or .tsv file; in "${data}" every row names its own.`);
  }
  return given({ columns, header });
}
