// Reads pasted text or dropped files as rows of the table.

import { LowrankError } from "@lowrank/contracts";
import { type DataError, type Example, readCsv, readJson, readJsonl, readTsv } from "@lowrank/data";
import type { Row, RowsRead } from "../../protocol/rows.ts";
import type { CallHandler } from "../call-handler.ts";
import { loadPapaParse } from "../later/papa-parse.ts";
import { type ColumnChoice, knownColumns, rowsOfExamples, tableColumns } from "./row-form.ts";

/** A tab teaches rows that a person could read; a wrong file is often far larger. */
const maxBytes = 20_000_000;
const maxRows = 10_000;

/** The good rows and the broken ones. Throws DataError if no row is good, DATA_UNREADABLE_FILE, ROWS_TOO_LARGE, ROWS_NO_TEXT, ROWS_OF_ANOTHER_KIND. */
export const readRows: CallHandler<"readRows"> = async (_state, source) => {
  if ("text" in source) {
    const { text, name } = source;
    return rowsOfText(name ?? "what was pasted", text, {
      format: formatOfName(name ?? ""),
      hasHeader: name !== undefined,
    });
  }
  const { file } = source;
  if (file.size > maxBytes)
    throw new LowrankError(
      "ROWS_TOO_LARGE",
      `"${file.name}" has ${file.size} bytes; the maximum in a tab is ${maxBytes}. Drop a part of it, or train in Node: lowrank train.`,
    );
  const format = formatOfName(file.name);
  if (/\.parquet$/i.test(file.name)) {
    const bytes = await file.arrayBuffer();
    return { rows: rowsOfExamples(file.name, await parquetExamples({ name: file.name, bytes, maxRows })) };
  }
  if (/\.xlsx$/i.test(file.name)) {
    const { sheetAsCsv } = await import("./read-sheet.ts");
    const table = sheetAsCsv(file.name, new Uint8Array(await file.arrayBuffer()));
    return rowsOfText(file.name, table, { format: "csv", hasHeader: true });
  }
  const text = decoded(new Uint8Array(await file.arrayBuffer()));
  if (text.includes("\0")) {
    const advice = /\.(xls|ods|numbers)$/i.test(file.name)
      ? "In the spreadsheet, copy the two columns and paste them here, or save them as CSV."
      : "Save the rows as .jsonl, .json, .csv or .tsv.";
    throw new LowrankError("ROWS_NO_TEXT", `"${file.name}" is not a text file. ${advice}`);
  }
  return rowsOfText(file.name, text, { format, hasHeader: true });
};

/** UTF-8, or UTF-16 as its byte order mark says: Excel's "Unicode text". */
function decoded(bytes: Uint8Array): string {
  const mark = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
  return new TextDecoder(mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "utf-8").decode(bytes);
}

interface TextFacts {
  readonly format?: RowsFormat | undefined;
  /** Whether the first line of a table has column names, even if none is a known name. */
  readonly hasHeader: boolean;
}

async function rowsOfText(
  name: string,
  text: string,
  { format = formatOfText(text), hasHeader }: TextFacts,
): Promise<RowsRead> {
  if (format === "lines") return { rows: linesOf(text) };
  if (format === "csv" || format === "tsv") await loadPapaParse();
  const errors: DataError[] = [];
  const limits = { file: name, maxRows, onBrokenRows: (error: DataError) => errors.push(error) };
  const columns = columnsOf(format, text, hasHeader);
  const rows = rowsOfExamples(name, readers[format](text, { ...limits, ...columns }));
  const [error] = errors;
  if (error === undefined) return { rows };
  const hasNames = (format === "csv" || format === "tsv") && columns.header === undefined;
  const known = formatOfName(name) === undefined ? `pasted.${format}` : name;
  const lines = {
    text: brokenLines(error, text, hasNames),
    name: hasNames || format === "jsonl" ? known : undefined,
  };
  return { rows, broken: { problem: error.message, lines: format === "json" ? undefined : lines } };
}

const readers = { json: readJson, jsonl: readJsonl, csv: readCsv, tsv: readTsv } as const;

function columnsOf(format: RowsFormat, text: string, hasHeader: boolean): ColumnChoice {
  if (format === "csv" || format === "tsv") return tableColumns(firstLine(text, format), { hasHeader });
  return knownColumns(firstKeys(format === "json" ? text : (text.split("\n", 1)[0] ?? "")));
}

/** The first broken lines, after the line of names if there is one. */
function brokenLines({ problems }: DataError, text: string, hasNames: boolean): string {
  const broken = problems.flatMap(({ row, moreRows = [] }) => [row, ...moreRows]).sort((one, other) => one - other);
  const all = text.split(/\r?\n/);
  return [...(hasNames ? [1] : []), ...broken].map((line) => all[line - 1] ?? "").join("\n");
}

/** The keys of the first object; empty for invalid JSON, whose reader reports the problem. */
function firstKeys(json: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(json);
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return typeof first === "object" && first !== null ? Object.keys(first) : [];
  } catch {
    return [];
  }
}

/** The cells of the first line; quotes around names are no part of them. Spreadsheets save .csv with semicolons or tabs, too. */
function firstLine(text: string, format: RowsFormat): readonly string[] {
  const [line = ""] = text.replace(/^\ufeff/, "").split(/\r?\n/, 1);
  const defaultSeparator = format === "tsv" ? "\t" : ",";
  const separator = [defaultSeparator, "\t", ";", ","].find((each) => line.includes(each)) ?? defaultSeparator;
  if (separator === "\t") return line.split("\t");
  const cells = line.matchAll(
    separator === "," ? /(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g : /(?:^|;)(?:"((?:[^"]|"")*)"|([^;]*))/g,
  );
  return [...cells].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

/** A prompt in each line; the answers are still to be written. */
function linesOf(text: string): readonly Row[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return lines.slice(0, maxRows).map((line) => ({ id: crypto.randomUUID(), says: line.trim(), answers: "" }));
}

/** The format of rows; "lines": one message per line, without answers. */
type RowsFormat = "json" | "jsonl" | "csv" | "tsv" | "lines";

const byEnding: ReadonlyMap<string, RowsFormat> = new Map([
  ["json", "json"],
  ["jsonl", "jsonl"],
  ["ndjson", "jsonl"],
  ["csv", "csv"],
  ["tsv", "tsv"],
]);

/** The format of a file, from its name; undefined if unknown. */
function formatOfName(name: string): RowsFormat | undefined {
  return byEnding.get(name.split(".").at(-1)?.toLowerCase() ?? "");
}

/** The format of a text, by its beginning. */
function formatOfText(text: string): RowsFormat {
  const start = text.trimStart();
  if (start.startsWith("[")) return "json";
  if (start.startsWith("{")) return "jsonl";
  const [first = ""] = start.split(/\r?\n/, 1);
  if (first.includes("\t")) return "tsv";
  // A sentence has commas too: it is a table only where its first line names columns, or quotes its fields.
  const cells = first.split(",").map((cell) => cell.trim());
  const looksLikeTable =
    cells.length > 1 && (cells.every((cell) => /^[\w-]+$/.test(cell)) || /^"[^"]*",\s*"/.test(first));
  return looksLikeTable ? "csv" : "lines";
}

interface ParquetFile {
  readonly name: string;
  readonly bytes: ArrayBuffer;
  readonly maxRows: number;
}

/** The rows of a file. Throws DATA_UNREADABLE_FILE for unsupported files, and the errors of `readJson`. */
async function parquetExamples({ name, bytes, maxRows }: ParquetFile): Promise<readonly Example[]> {
  const { openParquet } = await import("@lowrank/data/parquet");
  const table = await openParquet(bytes, { file: name });
  const examples: Example[] = [];
  for await (const example of table.examples({ maxRows, ...knownColumns(table.columns) })) examples.push(example);
  return examples;
}
