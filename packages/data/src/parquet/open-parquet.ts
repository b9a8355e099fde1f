// Parquet, as the Hub's data sets have it: columns and rows of a file, read a group of rows at a time.

import { DataFileError } from "../errors.ts";
import type { Example } from "../example.ts";
import type { DecoderModule, ReadBytes } from "../guarded/decoder-module.ts";
import { GuardedDecoder } from "../guarded/guarded-decoder.ts";
import { fileOfPackage } from "../guarded/start-thread.ts";
import { ExampleCollector } from "../reading/example-collector.ts";
import { type ReadOptions, readLimits } from "../reading/read-options.ts";
import type { ParquetAnswer, ParquetContents, ParquetRequest } from "./parquet-decoder.ts";

const parquetModule: DecoderModule<ParquetRequest, ParquetAnswer> = {
  url: () => fileOfPackage("@lowrank/data", "parquet/parquet-decoder"),
  load: () => import("./parquet-decoder.ts"),
};

/** Where a file's bytes are: an ArrayBuffer is one. */
export interface ParquetSource {
  readonly byteLength: number;
  slice(start: number, end?: number): ArrayBuffer | Promise<ArrayBuffer>;
}

/** A file whose last part, which says what there is, was read. */
export interface ParquetTable {
  /** Names of the columns, in order. */
  readonly columns: readonly string[];
  readonly rows: number;
  /** The rows as examples, as many in memory as a group of them has. Throws as `readJson` does. */
  examples(options?: ReadOptions): AsyncGenerator<Example>;
}

/**
 * Opens a Parquet file; `file` of the options names it in errors.
 *
 * Throws DataFileError for bytes that are none, or that unpack to more than `maxSize` bytes. Format:
 * https://parquet.apache.org/docs/file-format, compressed by Snappy, gzip, Brotli, Zstandard or LZ4.
 */
export async function openParquet(source: ParquetSource, options: ReadOptions = {}): Promise<ParquetTable> {
  const { file, maxSize } = readLimits(options);
  const opened = new GuardedDecoder(parquetModule, readerOf(source));
  const { columns, groups } = await contentsOf(opened, { source, file }).finally(() => opened.close());
  const size = groups.reduce((sum, group) => sum + group.size, 0);
  if (size > maxSize) {
    throw new DataFileError(file, `it unpacks to ${size} bytes, more than ${maxSize}. Raise maxSize to read it.`);
  }
  return {
    columns,
    rows: groups.reduce((sum, group) => sum + group.rows, 0),
    async *examples(reading = options) {
      const collector = new ExampleCollector({ file, ...reading }, "row");
      const decoder = new GuardedDecoder(parquetModule, readerOf(source));
      let row = 0;
      try {
        await contentsOf(decoder, { source, file });
        for (const index of groups.keys()) {
          let request: ParquetRequest = { kind: "group", index, columns: columnsToRead(columns, reading) };
          for (;;) {
            const rows = await orRefused(file, () => decoder.decode(request));
            if (!Array.isArray(rows) || rows.length === 0) break;
            for (const value of rows) {
              row += 1;
              collector.add(row, value);
            }
            yield* collector.take();
            request = { kind: "rows" };
          }
        }
      } finally {
        decoder.close();
      }
      yield* collector.finish();
    },
  };
}

/** What the file's last part says that there is. */
async function contentsOf(
  decoder: GuardedDecoder<ParquetRequest, ParquetAnswer>,
  { source: { byteLength }, file }: { readonly source: ParquetSource; readonly file: string },
): Promise<ParquetContents> {
  const contents = await orRefused(file, () => decoder.decode({ kind: "contents", byteLength }));
  if ("columns" in contents && contents.groups.every(({ rows, size }) => rows >= 0 && size >= 0)) return contents;
  throw new DataFileError(file, "its row groups have impossible sizes. Write the file again, or as .jsonl.");
}

/** The bytes that the decoder asks for, if the file has them: where they are is what the file says. */
function readerOf(source: ParquetSource): ReadBytes {
  return async (start, end) => {
    if (start >= 0 && start <= end && end <= source.byteLength) return source.slice(start, end);
    throw new RangeError(`bytes ${start} to ${end} of a file of ${source.byteLength}`);
  };
}

/** Those that the options name, where all of them are there: a picture beside a text need not be unpacked. */
function columnsToRead(
  columns: readonly string[],
  { columns: asked, onQuestion }: ReadOptions,
): readonly string[] | undefined {
  if (onQuestion !== undefined) return undefined; // which wants all of them
  const wanted = Object.values(asked ?? {});
  return wanted.length > 0 && wanted.every((name) => columns.includes(name)) ? [...new Set(wanted)] : undefined;
}

/** The reader throws plain errors, of whatever kind a broken file leads to. */
async function orRefused<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof DataFileError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataFileError(file, `it cannot be read as Parquet (${reason}). Save it again, or as .jsonl.`, { cause });
  }
}
