// Reads a data file from a path, in pieces, so that a large JSONL or CSV file is never held as one text.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import { DataFileError } from "./errors.ts";
import type { Example } from "./example.ts";
import { readJson } from "./read-json.ts";
import { JsonlReader } from "./read-jsonl.ts";
import { type ReadOptions, readLimits } from "./read-options.ts";
import { TableReader } from "./table-reader.ts";

/** The kinds of files that can be read. */
export type DataFormat = "jsonl" | "json" | "csv" | "tsv";

/** Options of `readDataFile`. */
export interface ReadFileOptions extends ReadOptions {
  /** The kind of file; by default its name's ending says. */
  readonly format?: DataFormat;
  readonly signal?: AbortSignal;
}

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
 * Reads the examples of a JSONL, JSON, CSV or TSV file.
 *
 * Throws DataError naming every broken row, and DataFileError where the file is missing, no regular file, larger than
 * `maxSize` bytes, not UTF-8 or of an unknown kind.
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
  const named = { file: basename(path), ...options };
  const format = options.format ?? formats.get(extname(path).toLowerCase());
  if (format === undefined) {
    throw new DataFileError(
      named.file,
      `its kind is unknown; name it ${[...formats.keys()].join(", ")}, or say the format.`,
    );
  }
  await checkFile(path, named);
  const reader = readerOf(format, named);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const stream = createReadStream(path, { signal: options.signal });
  let isFirst = true;
  for await (const bytes of stream as AsyncIterable<Uint8Array>) {
    if (isFirst) refuseUtf16(bytes, named.file);
    isFirst = false;
    reader.push(decode(decoder, bytes, named.file));
  }
  const last = decode(decoder, undefined, named.file);
  if (last !== "") reader.push(last);
  return reader.finish();
}

async function checkFile(path: string, options: ReadOptions): Promise<void> {
  const { file, maxSize } = readLimits(options);
  const facts = await stat(path).catch((cause: unknown) => {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new DataFileError(file, isMissing ? `there is no file at "${path}".` : `"${path}" cannot be opened.`, {
      cause,
    });
  });
  if (!facts.isFile()) throw new DataFileError(file, `"${path}" is no regular file.`);
  if (facts.size > maxSize) {
    throw new DataFileError(file, `it has ${facts.size} bytes, more than ${maxSize}; raise maxSize to read it.`);
  }
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
