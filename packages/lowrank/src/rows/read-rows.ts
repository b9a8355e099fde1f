// Reads rows from any source of a program.

import { type Example, readCsv, readJson, readJsonl, readTsv } from "@lowrank/data";
import { concatRows, type ReadOptions, readObjects } from "@lowrank/data/internal";
import type { Platform, RowsInput, SourceContext } from "../platform.ts";
import type { RowFile } from "./row-kinds.ts";

/** The fields of the columns, and a listener for broken rows. */
export type ColumnOptions = Pick<ReadOptions, "columns" | "header" | "onBrokenRows">;

/** The same, with the settings of the adapter's earlier data, a listener for columns that are not read, and whether rows are prompts. */
export type RememberedColumns = ColumnOptions & Pick<ReadOptions, "remembered" | "onIgnoredColumn" | "asPrompts">;

interface Reading {
  readonly platform: Platform;
  readonly columns: RememberedColumns;
  readonly context: SourceContext;
}

/** Reads rows, with a name for messages. Throws DataError, DATA_UNREADABLE_FILE, HubError. */
export async function readRows(input: RowsInput, reading: Reading): Promise<RowFile> {
  const { platform, columns, context } = reading;
  if (typeof input === "string") {
    const rows = await platform.readRows(input, columns, context);
    return { name: (await platform.pinnedName?.(input)) ?? input, rows };
  }
  if ("text" in input) return { name: input.name, rows: await rowsOfFile(input, columns) };
  if (input.length > 0 && input.every(isSource)) return joined(input, reading);
  const name = "the rows";
  const rows: Example[] = [];
  for await (const example of readObjects(input, { ...columns, file: name })) rows.push(example);
  return { name, rows };
}

/** The rows of a file in memory; its name determines its format. */
export async function rowsOfFile(file: File, columns: ReadOptions): Promise<readonly Example[]> {
  const { name } = file;
  const options = { ...columns, file: name };
  if (/\.parquet$/i.test(name)) {
    const { openParquet } = await import("@lowrank/data/parquet");
    const rows: Example[] = [];
    const table = await openParquet(await file.arrayBuffer(), options);
    for await (const example of table.examples(options)) rows.push(example);
    return rows;
  }
  const text = await file.text();
  if (/\.json$/i.test(name)) return readJson(text, options);
  if (/\.csv$/i.test(name)) return readCsv(text, options);
  return /\.tsv$/i.test(name) ? readTsv(text, options) : readJsonl(text, options);
}

/** The rows of several sources, concatenated; messages number them across all sources. */
async function joined(inputs: readonly (string | File)[], reading: Reading): Promise<RowFile> {
  const files: RowFile[] = [];
  for (const input of inputs) files.push(await readRows(input, reading));
  const [first, ...others] = files;
  if (first !== undefined && others.length === 0) return first;
  return { name: files.map(({ name }) => name).join(", "), rows: concatRows(files.map(({ rows }) => rows)) };
}

function isSource(input: unknown): input is string | File {
  return typeof input === "string" || (typeof File !== "undefined" && input instanceof File);
}
