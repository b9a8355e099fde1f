// Parquet, as the Hub's data sets have it: columns and rows of a file, read a group of rows at a time.

import type { FileMetaData } from "hyparquet";
import { DataFileError } from "../errors.ts";
import type { Example } from "../example.ts";
import { ExampleCollector } from "../reading/example-collector.ts";
import { type ReadOptions, readLimits } from "../reading/read-options.ts";
import { jsonValue } from "./json-value.ts";
import { boundedCompressors } from "./page-compressors.ts";

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
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const metadata = await orRefused(file, () => parquetMetadataAsync(source));
  const columns = await orRefused(file, async () =>
    parquetSchema(metadata).children.map(({ element }) => element.name),
  );
  const size = metadata.row_groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0);
  if (!(size <= maxSize)) {
    throw new DataFileError(file, `it unpacks to ${size} bytes, more than ${maxSize}; raise maxSize to read it.`);
  }
  const groupSizes = metadata.row_groups.map((group) => Number(group.num_rows));
  return {
    columns,
    rows: groupSizes.reduce((sum, count) => sum + count, 0),
    async *examples(reading = options) {
      const collector = new ExampleCollector({ file, ...reading }, "row");
      const needed = columnsToRead(columns, reading);
      const compressors = await boundedCompressors();
      for (const { rowStart, rowEnd } of groupsOf(metadata)) {
        const shared = { file: source, metadata, rowStart, rowEnd, compressors };
        const read = () => parquetReadObjects(needed === undefined ? shared : { ...shared, columns: [...needed] });
        const rows = await orRefused(file, read);
        for (const [index, row] of rows.entries()) collector.add(rowStart + index + 1, jsonValue(row));
        yield* collector.take();
      }
      yield* collector.finish();
    },
  };
}

/** Rows of a group lie together; each has been written so that it can be read alone. */
function groupsOf({ row_groups }: FileMetaData): readonly { readonly rowStart: number; readonly rowEnd: number }[] {
  let rowEnd = 0;
  return row_groups.map((group) => {
    const rowStart = rowEnd;
    rowEnd += Number(group.num_rows);
    return { rowStart, rowEnd };
  });
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
    throw new DataFileError(file, `it cannot be read as Parquet (${reason}). Save it anew, or as .jsonl.`, { cause });
  }
}
