// Reads Parquet files, the format of the Hub's data sets: columns and rows, one row group at a time.

import { LowrankError } from "@lowrank/contracts";
import { dataFileError } from "../errors.ts";
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

/** Access to a file's bytes; an ArrayBuffer is one. */
export interface ParquetSource {
  readonly byteLength: number;
  slice(start: number, end?: number): ArrayBuffer | Promise<ArrayBuffer>;
}

/** An open file, whose metadata was read. */
export interface ParquetTable {
  /** Names of the columns, in order. */
  readonly columns: readonly string[];
  readonly rows: number;
  /** The rows as examples, with one row group in memory. Throws what `readJson` throws. */
  examples(options?: ReadOptions): AsyncGenerator<Example>;
}

/**
 * Opens a Parquet file; `file` of the options names it in errors.
 *
 * Throws DATA_UNREADABLE_FILE for another file, or one that decompresses to more than `maxSize` bytes. Format:
 * https://parquet.apache.org/docs/file-format, compressed by Snappy, gzip, Brotli, Zstandard or LZ4.
 */
export async function openParquet(source: ParquetSource, options: ReadOptions = {}): Promise<ParquetTable> {
  const { file, maxSize } = readLimits(options);
  const opened = new GuardedDecoder(parquetModule, readerOf(source));
  const { columns, groups } = await contentsOf(opened, { source, file }).finally(() => opened.close());
  const size = groups.reduce((sum, group) => sum + group.size, 0);
  if (size > maxSize) {
    throw dataFileError(file, `it unpacks to ${size} bytes, more than ${maxSize}. Raise maxSize to read it.`);
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

/** The contents by the file's metadata, which is its last part. */
async function contentsOf(
  decoder: GuardedDecoder<ParquetRequest, ParquetAnswer>,
  { source: { byteLength }, file }: { readonly source: ParquetSource; readonly file: string },
): Promise<ParquetContents> {
  const contents = await orRefused(file, () => decoder.decode({ kind: "contents", byteLength }));
  if ("columns" in contents && contents.groups.every(({ rows, size }) => rows >= 0 && size >= 0)) return contents;
  throw dataFileError(file, "its row groups have impossible sizes. Write the file again, or as .jsonl.");
}

/** Reads the bytes that the decoder requests. Checks that the file has them, because the positions come from the file. */
function readerOf(source: ParquetSource): ReadBytes {
  return async (start, end) => {
    if (start >= 0 && start <= end && end <= source.byteLength) return source.slice(start, end);
    throw new RangeError(`bytes ${start} to ${end} of a file of ${source.byteLength}`);
  };
}

/** The columns that the options name, if all of them exist, so that other columns, such as images, are not decompressed. */
function columnsToRead(
  columns: readonly string[],
  { columns: requested, onPredictionRow }: ReadOptions,
): readonly string[] | undefined {
  if (onPredictionRow !== undefined) return undefined; // it needs all columns
  const names = Object.values(requested ?? {});
  return names.length > 0 && names.every((name) => columns.includes(name)) ? [...new Set(names)] : undefined;
}

/** Turns any error of the reader, which a broken file causes, into a DATA_UNREADABLE_FILE. */
async function orRefused<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (LowrankError.isInstance(cause, "DATA_UNREADABLE_FILE")) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw dataFileError(file, `it cannot be read as Parquet (${reason}). Save it again, or as .jsonl.`, { cause });
  }
}
