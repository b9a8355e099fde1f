// Turns the text of a table, which arrives in pieces, into rows. Papa Parse splits it; the first line has the names.

import type { LowrankError } from "@lowrank/contracts";
import Papa from "papaparse";
import { dataFileError } from "../errors.ts";
import type { Example } from "../example.ts";
import type { Refusal } from "../row-forms/row-form.ts";
import { ExampleCollector } from "./example-collector.ts";
import { withoutByteOrderMark } from "./line-splitter.ts";
import type { ReadOptions } from "./read-options.ts";

export type TableKind = "csv" | "tsv";

/** The maximum of common spreadsheets. */
const maxColumns = 16_384;

/** The result of Papa's low-level parser (its types say `any`). */
interface ParsedPiece {
  readonly data: readonly (readonly string[])[];
  readonly errors: readonly { readonly type: string; readonly message: string; readonly row?: number }[];
  readonly meta: { readonly cursor: number };
}

/** Reads a table piece by piece; `finish` returns the examples. */
export class TableReader {
  readonly #collector: ExampleCollector;
  readonly #kind: TableKind;
  readonly #options: ReadOptions;
  /** Undefined before the first line. */
  #parser: Papa.Parser | undefined;
  #header: readonly string[] | undefined;
  /** The `header` option, until it has been compared with the first row. */
  #uncheckedHeader: readonly string[] | undefined;
  /** Text that is not yet parsed, with LF as line ends. */
  #rest = "";
  /** The minimum length of the rest before it is parsed again, so that a row in many pieces is not parsed with each of them. */
  #minLength = 0;
  /** A CR at the end of the last piece: it may be the first half of a line end. */
  #heldReturn: "" | "\r" = "";
  #size = 0;
  #line = 1;

  constructor(kind: TableKind, options: ReadOptions = {}) {
    this.#collector = new ExampleCollector(options);
    this.#kind = kind;
    this.#options = options;
    this.#uncheckedHeader = options.header;
    if (options.header !== undefined) this.#setHeader(options.header);
  }

  push(piece: string): void {
    const { file, maxSize, maxRowLength } = this.#collector.limits;
    const start = this.#size === 0 ? withoutByteOrderMark(piece) : piece;
    this.#size += piece.length;
    if (this.#size > maxSize) throw dataFileError(file, `it is larger than ${maxSize} characters. Raise maxSize.`);
    const fresh = this.#heldReturn + start;
    this.#heldReturn = fresh.endsWith("\r") ? "\r" : "";
    const whole = fresh.slice(0, fresh.length - this.#heldReturn.length);
    // Exactly once: of CR CR LF the first CR stays, wherever the text is split into pieces.
    const ready = this.#rest + whole.replaceAll("\r\n", "\n");
    const isLongEnough = ready.length >= Math.min(this.#minLength, maxRowLength);
    this.#rest = isLongEnough ? ready.slice(this.#parse(ready, true)) : ready;
    if (isLongEnough) this.#minLength = 2 * this.#rest.length;
    if (this.#rest.length > maxRowLength) throw this.#tooLong();
  }

  /** Removes and returns the examples that are complete so far. */
  take(): Example[] {
    return this.#collector.take();
  }

  /** Ends the text and returns its examples. */
  finish(): Example[] {
    if (this.#rest !== "") this.#parse(this.#rest, false);
    this.#rest = "";
    return this.#collector.finish();
  }

  #parse(text: string, ignoreLastRow: boolean): number {
    const [line] = /^.*\S.*$/m.exec(ignoreLastRow ? text.slice(0, text.lastIndexOf("\n") + 1) : text) ?? [];
    if (line === undefined) return 0;
    this.#parser ??= parserFor(line, this.#kind, this.#options);
    const parsed: ParsedPiece = this.#parser.parse(text, 0, ignoreLastRow);
    const faults = new Map(parsed.errors.map(({ row, message }) => [row, message]));
    for (const [index, record] of parsed.data.entries()) this.#addRecord(record, faults.get(index));
    return parsed.meta.cursor;
  }

  #addRecord(record: readonly string[], fault: string | undefined): void {
    const line = this.#line;
    // A quoted field may contain line ends, so a record can have many lines.
    this.#line += 1 + record.reduce((count, field) => count + lineEnds(field), 0);
    if (record.length === 1 && record[0]?.trim() === "") return;
    const { maxRowLength } = this.#collector.limits;
    if (record.reduce((sum, field) => sum + field.length, 0) > maxRowLength) throw this.#tooLong(line);
    if (this.#header === undefined) {
      const remembered = this.#rememberedFor(record);
      if (remembered === undefined) this.#refuseJson(record);
      this.#setHeader(remembered ?? record);
      if (remembered === undefined) return;
    }
    if (this.#uncheckedHeader !== undefined) this.#refuseNames(record, this.#uncheckedHeader);
    this.#uncheckedHeader = undefined;
    const header = this.#header ?? [];
    const refusal = refusalOf(record, header, fault);
    if (refusal !== undefined) this.#collector.refuse(line, refusal);
    else this.#collector.add(line, new Map(header.map((name, index) => [name, record[index]])));
  }

  /** The remembered header, if this table's first line is a row like in the remembered table. */
  #rememberedFor(record: readonly string[]): readonly string[] | undefined {
    const header = this.#options.columns !== undefined ? undefined : this.#options.remembered?.header;
    if (header === undefined || header.length !== record.length || firstRepeated(header) !== undefined)
      return undefined;
    return sharesName(record, header) ? undefined : header;
  }

  #refuseJson([first = ""]: readonly string[]): void {
    if (this.#options.columns !== undefined || !isJson(first)) return; // a program that names the columns knows the file
    const reason = "it is JSON. Rename it to .jsonl (an object on each line) or .json (one array).";
    throw dataFileError(this.#collector.limits.file, reason);
  }

  /** Throws if a header was given and the first line has names, too: as a row, "label" would be a class. */
  #refuseNames(record: readonly string[], header: readonly string[]): void {
    if (!sharesName(record, header)) return;
    const names = `\`header: ${JSON.stringify(header).replaceAll(",", ", ")}\``;
    const line = record.join(", ").slice(0, 100);
    throw dataFileError(
      this.#collector.limits.file,
      `its first line (${line}) already has column names. Leave ${names} out.`,
    );
  }

  #setHeader(record: readonly string[]): void {
    const { file } = this.#collector.limits;
    if (record.some((name) => name.trim().includes("\r"))) {
      throw dataFileError(file, "its lines end with CR only. Save it with LF or CRLF line endings.");
    }
    if (record.length > maxColumns) {
      const columns = `it has ${record.length} columns, more than ${maxColumns}`;
      throw dataFileError(file, `${columns}. Keep the columns with texts and labels.`);
    }
    const names = record.map((name) => name.trim());
    const repeated = firstRepeated(names);
    if (repeated !== undefined) {
      const name = JSON.stringify(repeated.slice(0, 60));
      throw dataFileError(
        file,
        `its first line names the column ${name} twice. Rename one, or give the names as header if this line is data.`,
      );
    }
    this.#header = names;
  }

  #tooLong(line = this.#line): LowrankError {
    const { file, maxRowLength } = this.#collector.limits;
    const hint = "close an open quote, or raise maxRowLength";
    return dataFileError(file, `the row at line ${line} is longer than ${maxRowLength} characters; ${hint}`);
  }
}

/** Spreadsheets also save .csv with semicolons. The first line decides, because Papa's own guess also counts characters in texts. */
function parserFor(line: string, kind: TableKind, { columns = {}, header, remembered }: ReadOptions): Papa.Parser {
  const defaultDelimiter = kind === "csv" ? "," : "\t";
  const width = header?.length ?? (remembered?.header?.length === 1 ? 1 : undefined);
  const fitsDefault = line.includes(defaultDelimiter) || isJson(line) || Object.values(columns).includes(line);
  const isCut = line.split('"').length % 2 === 0; // by a line end in quotes
  const splits = (by: string) => line.includes(by) && (width === undefined || line.split(by).length === width);
  const other = fitsDefault || isCut ? undefined : ["\t", ";", ","].find(splits);
  // RFC 4180 quoting for CSV, none for TSV, whose fields contain no tab or line end.
  const fastMode = (kind === "tsv" && other === undefined) || undefined;
  return new Papa.Parser({ delimiter: other ?? defaultDelimiter, newline: "\n", fastMode });
}

function isJson(line: string): boolean {
  return /^\s*[{[]/.test(line);
}

/** Whether a line has one of the names in the same column. */
function sharesName(record: readonly string[], names: readonly string[]): boolean {
  return record.some((name, index) => name.trim().toLowerCase() === names[index]?.toLowerCase());
}

function firstRepeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

function refusalOf(record: readonly string[], header: readonly string[], fault?: string): Refusal | undefined {
  if (fault !== undefined) {
    return { expected: 'quotes in pairs ("a field", with quotes inside doubled)', found: fault };
  }
  if (record.length !== header.length) {
    return { expected: `${header.length} columns (${header.join(", ").slice(0, 100)})`, found: `${record.length}` };
  }
  const hasNul = record.some((field) => field.includes("\0"));
  return hasNul ? { expected: "text", found: "a NUL byte" } : undefined;
}

function lineEnds(field: string): number {
  let count = 0;
  for (let at = field.indexOf("\n"); at !== -1; at = field.indexOf("\n", at + 1)) count += 1;
  return count;
}
