// Reads a data file from a path, in pieces, so that a large JSONL or CSV file is never held as one text.

import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { longestText, type OptionNames, refuseUnknownOptions } from "@lowrank/contracts";
import { DataFileError } from "../errors.ts";
import type { Example } from "../example.ts";
import { readJson } from "./read-json.ts";
import { JsonlReader } from "./read-jsonl.ts";
import { type ReadOptions, readLimits, readOptionNames } from "./read-options.ts";
import { TableReader } from "./table-reader.ts";

/** The kinds of files that can be read. */
export type DataFormat = "jsonl" | "json" | "csv" | "tsv";

/** Options of `readDataFile`. */
export interface ReadFileOptions extends ReadOptions {
  /** The kind of file; by default its name's ending says. */
  readonly format?: DataFormat;
  readonly signal?: AbortSignal;
}

const optionNames: OptionNames<ReadFileOptions> = { ...readOptionNames, format: true, signal: true };

interface PieceReader {
  push(piece: string): void;
  finish(): Example[];
}

const formats = new Map<string, DataFormat>([
  [".jsonl", "jsonl"],
  [".ndjson", "jsonl"],
  [".json", "json"],
  [".csv", "csv"],
  [".tsv", "tsv"],
]);

/**
 * Reads the examples of a JSONL, JSON, CSV or TSV file, or of one that gzip made of it ("rows.jsonl.gz").
 *
 * Throws DataError naming every broken row, and DataFileError where the file is missing, no regular file, larger than
 * `maxSize` bytes – unpacked, too –, not UTF-8 or of an unknown kind.
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
export async function readDataFile(path: string, options: ReadFileOptions = {}): Promise<Example[]> {
  refuseUnknownOptions("readDataFile", options, optionNames);
  const { format: asked, signal, ...limits } = options;
  const named = { file: basename(path), ...limits };
  const format = asked ?? formatOf(path);
  if (format === undefined) {
    throw new DataFileError(
      named.file,
      `its kind is unknown; name it ${[...formats.keys()].join(", ")}, with .gz behind it if it is packed.`,
    );
  }
  await checkFile(path, { ...named, format });
  const reader = readerOf(format, named);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const { maxSize } = readLimits(named);
  let size = 0;
  try {
    for await (const bytes of openBytes(path, signal) as AsyncIterable<Uint8Array>) {
      if (size === 0) refuseUtf16(bytes, named.file);
      size += bytes.length;
      // A packed file says nothing of what it unpacks to.
      if (size > maxSize)
        throw new DataFileError(named.file, `it is larger than ${maxSize} bytes; raise maxSize to read it.`);
      if (format === "json" && size > longestText) throw tooLongForJson(named.file, size);
      reader.push(decode(decoder, bytes, named.file));
    }
  } catch (error) {
    if (isZlibFailure(error))
      throw new DataFileError(named.file, `gzip cannot unpack it: ${error.message}.`, { cause: error });
    throw isSystemFailure(error) ? unopened(path, named.file, error) : error;
  }
  const last = decode(decoder, undefined, named.file);
  if (last !== "") reader.push(last);
  return reader.finish();
}

function formatOf(path: string): DataFormat | undefined {
  return formats.get(extname(path.replace(/\.gz$/i, "")).toLowerCase());
}

/** The file's bytes, unpacked. */
function openBytes(path: string, signal: AbortSignal | undefined): Readable {
  const stream = createReadStream(path, { signal });
  // Whoever reads the unpacked bytes gets the error of either.
  return /\.gz$/i.test(path) ? pipeline(stream, createGunzip(), () => {}) : stream;
}

function isZlibFailure(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}

function tooLongForJson(file: string, size: number): DataFileError {
  const reason = `it has ${size} bytes, and a JSON array must be one text of at most ${longestText}`;
  return new DataFileError(file, `${reason}; write each row on a line of its own, as .jsonl.`);
}

async function checkFile(path: string, options: ReadFileOptions): Promise<void> {
  const { file, maxSize } = readLimits(options);
  const facts = await stat(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw unopened(path, file, error);
    throw new DataFileError(file, `there is no file at "${resolve(path)}".${await filesBeside(path)}`, {
      cause: error,
    });
  });
  if (!facts.isFile()) throw new DataFileError(file, `"${path}" is no regular file.`);
  if (facts.size > maxSize) {
    throw new DataFileError(file, `it has ${facts.size} bytes, more than ${maxSize}; raise maxSize to read it.`);
  }
  if (options.format === "json" && facts.size > longestText) throw tooLongForJson(file, facts.size);
}

/** A failure of the system, as against a broken file or an abort, whose code begins with no E. */
function isSystemFailure(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function unopened(path: string, file: string, cause: NodeJS.ErrnoException): DataFileError {
  const reason = cause.code === "EACCES" ? "permission denied" : cause.message;
  return new DataFileError(file, `"${resolve(path)}" cannot be opened: ${reason}.`, { cause });
}

/** Names a mistyped path's neighbours, for somebody who looks for the right one. */
async function filesBeside(path: string): Promise<string> {
  const names = await readdir(dirname(path)).catch(() => []);
  const data = names.filter((name) => formatOf(name) !== undefined).sort();
  if (data.length === 0) return "";
  const listed = data.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 60)));
  return ` The data files there are ${listed.join(", ")}${data.length > listed.length ? ", …" : ""}.`;
}

function readerOf(format: DataFormat, options: ReadOptions): PieceReader {
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

  finish(): Example[] {
    return readJson(this.#pieces.join(""), this.options);
  }
}

function decode(decoder: TextDecoder, bytes: Uint8Array | undefined, file: string): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch (cause) {
    throw new DataFileError(file, "it is not UTF-8 text; save it as UTF-8.", { cause });
  }
}

function refuseUtf16(bytes: Uint8Array, file: string): void {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16) throw new DataFileError(file, "it is UTF-16 text; save it as UTF-8.");
}
