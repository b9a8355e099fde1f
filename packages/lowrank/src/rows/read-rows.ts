// Rows from wherever a program has them.

import { type Example, type ReadOptions, readCsv, readJson, readJsonl, readTsv } from "@lowrank/data";
import type { Platform, RowsInput } from "../platform.ts";
import type { RowFile } from "./training-rows.ts";

/** Which columns are which fields. */
export type ColumnOptions = Pick<ReadOptions, "columns" | "header">;

/** Reads rows and names them for messages. Throws DataError, DataFileError. */
export async function readRows(platform: Platform, input: RowsInput, columns: ColumnOptions): Promise<RowFile> {
  if (typeof input === "string") return { name: input, rows: await platform.readRows(input, columns) };
  if ("text" in input) return { name: input.name, rows: rowsOfText(input.name, await input.text(), columns) };
  const name = "the rows";
  return { name, rows: readJson(JSON.stringify(input), { ...columns, file: name }) };
}

/** The rows of a file that was read as text; its name says of which kind it is. */
export function rowsOfText(name: string, text: string, columns: ColumnOptions): readonly Example[] {
  const options = { ...columns, file: name };
  if (/\.json$/i.test(name)) return readJson(text, options);
  if (/\.csv$/i.test(name)) return readCsv(text, options);
  return /\.tsv$/i.test(name) ? readTsv(text, options) : readJsonl(text, options);
}
