// Reads a data file in pieces, so that a large file is never in memory as one text.

import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { LowrankError } from "@lowrank/contracts";
import { maxTextLength, type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { dataFileError } from "../errors.ts";
import type { Example } from "../example.ts";
import type { ParquetSource } from "../parquet/open-parquet.ts";
import { readJson } from "../reading/read-json.ts";
import { JsonlReader } from "../reading/read-jsonl.ts";
import { type ReadLimits, type ReadOptions, readLimits, readOptionNames } from "../reading/read-options.ts";
import { TableReader } from "../reading/table-reader.ts";
import { type DataFormat, formatOfName, formatOfText, knownEndings, type TextFormat } from "./data-format.ts";

/** Options of `readDataFile`. */
export interface ReadFileOptions extends ReadOptions {
  /** The format of the file. Default: by the ending of its name, or by the first characters of bytes without a name. */
  readonly format?: DataFormat;
  readonly signal?: AbortSignal;
}

/** A path, or a stream of bytes such as standard input. */
export type DataInput = string | AsyncIterable<Uint8Array>;

const optionNames: OptionNames<ReadFileOptions> = { ...readOptionNames, format: true, signal: true };

interface PieceReader {
  push(piece: string): void;
  take(): Example[];
  finish(): Example[];
}

/**
 * Reads the examples of a JSONL, JSON, CSV, TSV or Parquet file, also compressed by gzip ("rows.jsonl.gz"). A stream of bytes may
 * have any of these formats except Parquet.
 *
 * Throws DataError naming every broken row, and DATA_UNREADABLE_FILE for a file that is missing, not a regular file, larger than `maxSize`
 * bytes (also after decompression), not UTF-8, or of an unknown format.
 *
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readDataFile } from "@lowrank/data/node";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "lowrank-")), "rows.jsonl");
 * await writeFile(path, '{"text": "Once upon a time."}\n');
 * if ((await readDataFile(path)).length !== 1) throw new Error("not read");
 * ```
 */
export async function readDataFile(input: DataInput, options: ReadFileOptions = {}): Promise<Example[]> {
  refuseUnknownOptions("readDataFile", options, optionNames);
  const examples: Example[] = [];
  for await (const example of streamDataFile(input, options)) examples.push(example);
  return examples;
}

/**
 * The examples of `readDataFile` one by one, with only one piece of the file in memory. A JSON array must be parsed as a whole. The
 * DataError of broken rows is thrown at the end, after the good rows.
 *
 * @example
 * ```ts
 * import { streamDataFile } from "@lowrank/data/node";
 *
 * async function* lines() {
 *   yield new TextEncoder().encode('{"text": "Once upon"}\n{"text": "a time."}\n');
 * }
 * let rows = 0;
 * for await (const example of streamDataFile(lines())) if (example.kind === "text") rows += 1;
 * if (rows !== 2) throw new Error("not read");
 * ```
 */
export async function* streamDataFile(input: DataInput, options: ReadFileOptions = {}): AsyncGenerator<Example> {
  refuseUnknownOptions("streamDataFile", options, optionNames);
  const { format: requested, signal, ...limits } = options;
  if (typeof input !== "string") {
    const file = limits.file ?? "the input";
    if (requested === "parquet") throw dataFileError(file, "Parquet cannot be read from a stream. Save it as a file.");
    yield* textExamples(input, requested, { ...limits, file });
    return;
  }
  const named = { file: input, ...limits };
  const format = requested ?? formatOfName(input);
  if (format === undefined) {
    throw dataFileError(
      named.file,
      `its name has no known ending. Expected ${knownEndings.join(", ")}, then .gz if it is compressed.${adviceFor(named.file)}`,
    );
  }
  const size = await checkFile(input, readLimits(named));
  if (format === "json" && size > maxTextLength) throw tooLongForJson(named.file, size);
  if (format === "parquet") yield* parquetExamples(input, size, named);
  else yield* textExamples(fileBytes(input, { file: named.file, signal }), format, named);
}

async function* textExamples(
  bytes: AsyncIterable<Uint8Array>,
  requested: TextFormat | undefined,
  options: ReadOptions & { readonly file: string },
): AsyncGenerator<Example> {
  const { file, maxSize } = readLimits(options);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let format = requested;
  let reader: PieceReader | undefined;
  let size = 0;
  for await (const piece of bytes) {
    if (size === 0) refuseUtf16(piece, file);
    size += piece.length;
    // The size of a compressed file does not limit its contents.
    if (size > maxSize) throw dataFileError(file, `it is larger than ${maxSize} bytes. Raise maxSize to read it.`);
    const text = decode(decoder, piece, file);
    if (format === undefined && text.trim() === "") continue;
    format ??= formatOfText(text);
    if (format === "json" && size > maxTextLength) throw tooLongForJson(file, size);
    reader ??= readerOf(format, options);
    reader.push(text);
    yield* reader.take();
  }
  reader ??= readerOf(format ?? "jsonl", options);
  const last = decode(decoder, undefined, file);
  if (last !== "") reader.push(last);
  yield* reader.finish();
}

/** Reads one row group at a time. Typical row groups have some thousand rows. */
async function* parquetExamples(path: string, byteLength: number, options: ReadOptions): AsyncGenerator<Example> {
  const { openParquet } = await import("../parquet/open-parquet.ts"); // few people have one
  const file = await open(path);
  const source: ParquetSource = {
    byteLength,
    async slice(start, end = byteLength) {
      const bytes = new Uint8Array(Math.max(0, end - start));
      await file.read(bytes, 0, bytes.length, start);
      return bytes.buffer;
    },
  };
  try {
    yield* (await openParquet(source, options)).examples(options);
  } finally {
    await file.close();
  }
}

/** Advice for common unsupported formats. */
function adviceFor(file: string): string {
  if (/\.(txt|md|text)$/i.test(file)) return ' Convert plain text to a .jsonl file with a row {"text": "…"} per line.';
  if (/\.(xlsx?|ods|numbers)$/i.test(file)) return " Save the table as CSV.";
  return /\.(arrow|feather)$/i.test(file) ? " Save it as Parquet." : "";
}

function tooLongForJson(file: string, size: number): LowrankError {
  const reason = `it has ${size} bytes, but a JSON array can have at most ${maxTextLength}`;
  return dataFileError(file, `${reason}. Save it as .jsonl, one row per line.`);
}

function readerOf(format: TextFormat, options: ReadOptions): PieceReader {
  if (format === "jsonl") return new JsonlReader(options);
  if (format === "json") return new WholeJsonReader(options);
  return new TableReader(format, options);
}

/** A JSON array must be whole before it can be parsed. */
class WholeJsonReader implements PieceReader {
  readonly #pieces: string[] = [];

  constructor(private readonly options: ReadOptions) {}

  push(piece: string): void {
    this.#pieces.push(piece);
  }

  take(): Example[] {
    return [];
  }

  finish(): Example[] {
    return readJson(this.#pieces.join(""), this.options);
  }
}

function decode(decoder: TextDecoder, bytes: Uint8Array | undefined, file: string): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch (cause) {
    throw dataFileError(file, "it is not UTF-8 text. Save it as UTF-8.", { cause });
  }
}

function refuseUtf16(bytes: Uint8Array, file: string): void {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16) throw dataFileError(file, "it is UTF-16 text. Save it as UTF-8.");
}

/** The file's size. Throws DATA_UNREADABLE_FILE for a path without a regular file, and for one that is too large. */
async function checkFile(path: string, { file, maxSize }: ReadLimits): Promise<number> {
  const facts = await stat(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw unopened(path, file, error);
    throw dataFileError(file, `there is no file at "${resolve(path)}".${await filesNextTo(path)}`, {
      cause: error,
    });
  });
  if (!facts.isFile()) throw dataFileError(file, `"${path}" is not a regular file.`);
  if (facts.size > maxSize) {
    throw dataFileError(file, `it has ${facts.size} bytes, more than ${maxSize}. Raise maxSize to read it.`);
  }
  return facts.size;
}

/** The file's bytes, unpacked. Throws DATA_UNREADABLE_FILE where the system or gzip fails. */
async function* fileBytes(
  path: string,
  { file, signal }: { readonly file: string; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  try {
    yield* openBytes(path, signal) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (isZlibFailure(error)) throw dataFileError(file, `gzip cannot unpack it: ${error.message}.`, { cause: error });
    throw isSystemFailure(error) ? unopened(path, file, error) : error;
  }
}

function openBytes(path: string, signal: AbortSignal | undefined): Readable {
  const stream = createReadStream(path, { signal });
  // A reader of the decompressed bytes receives the errors of both streams.
  return /\.gz$/i.test(path) ? pipeline(stream, createGunzip(), () => {}) : stream;
}

function isZlibFailure(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}

/** Whether an error is from the system (its code starts with E), not from a broken file or an abort. */
function isSystemFailure(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function unopened(path: string, file: string, cause: NodeJS.ErrnoException): LowrankError {
  const reason = cause.code === "EACCES" ? "permission denied" : cause.message;
  return dataFileError(file, `"${resolve(path)}" cannot be opened: ${reason}.`, { cause });
}

/** Lists data files in the folder of a missing path, for the message. */
async function filesNextTo(path: string): Promise<string> {
  const names = await readdir(dirname(path)).catch(() => []);
  const data = names.filter((name) => formatOfName(name) !== undefined).sort();
  if (data.length === 0) return "";
  const listed = data.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 60)));
  return ` Data files in that folder: ${listed.join(", ")}${data.length > listed.length ? ", …" : ""}.`;
}
