// Decodes Parquet with hyparquet, which trusts the file. It therefore runs in a thread of its own, if the host has threads.

import type { Compressors, FileMetaData, ParquetRow } from "hyparquet";
import type { OpenDecoder } from "../guarded/decoder-module.ts";

/** The requests for a file: first its contents, then the first rows of a row group, then the next ones until there are none. */
export type ParquetRequest =
  | { readonly kind: "contents"; readonly byteLength: number }
  | { readonly kind: "group"; readonly index: number; readonly columns: readonly string[] | undefined }
  | { readonly kind: "rows" };

export interface ParquetContents {
  readonly columns: readonly string[];
  /** For each row group: the number of rows, and its uncompressed size in bytes. */
  readonly groups: readonly { readonly rows: number; readonly size: number }[];
}

export type ParquetAnswer = ParquetContents | readonly unknown[];

/** Rows are sent in pieces of this many characters. A text that many rows share is stored once only within the thread. */
const pieceSize = 2 ** 20;

export const open: OpenDecoder<ParquetRequest, ParquetAnswer> = (read) => {
  let byteLength = 0;
  let metadata: FileMetaData | undefined;
  let rows: ParquetRow[] = [];
  let next = 0;
  const file = { byteLength: 0, slice: (start: number, end = byteLength) => read(start, end) };

  return async (request) => {
    const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet");
    if (request.kind === "contents") {
      byteLength = file.byteLength = request.byteLength;
      metadata = await parquetMetadataAsync(file);
      const groups = metadata.row_groups.map(({ num_rows, total_byte_size }) => {
        return { rows: Number(num_rows), size: Number(total_byte_size) };
      });
      return { columns: parquetSchema(metadata).children.map(({ element }) => element.name), groups };
    }
    if (request.kind === "group" && metadata !== undefined) {
      const before = metadata.row_groups.slice(0, request.index);
      const rowStart = before.reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
      const rowEnd = rowStart + Number(metadata.row_groups[request.index]?.num_rows);
      const columns = request.columns === undefined ? {} : { columns: [...request.columns] };
      const compressors = await boundedCompressors();
      rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors, ...columns });
      next = 0;
    }
    const piece: unknown[] = [];
    for (let size = 0; next < rows.length && size < pieceSize; next += 1) {
      const row = jsonValue(rows[next]);
      size += sizeOf(row);
      piece.push(row);
    }
    return piece;
  };
};

/** Converts 64-bit integers to numbers, times to texts, and typed arrays to lists. Bytes stay bytes, which no row form accepts. */
function jsonValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(jsonValue);
  if (value instanceof Uint8Array) return value.slice(); // copied out of its page
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number | bigint>, Number);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonValue(inner)]));
}

/** The approximate size of a value in bytes. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length + 16;
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== "object" || value === null) return 8;
  return Object.values(value).reduce<number>((sum, inner) => sum + sizeOf(inner), 16);
}

/** Writers make pages of a megabyte; a page of one long text is larger. */
const largestPage = 2 ** 28;

/** All compressions of the format except LZO, which no writer uses. */
async function boundedCompressors(): Promise<Compressors> {
  const { compressors } = await import("hyparquet-compressors");
  const bounded = Object.entries(compressors).map(([name, unpack]) => {
    return [name, (bytes: Uint8Array, size: number) => unpack(bytes, refuseLarge(size))];
  });
  return Object.fromEntries(bounded);
}

function refuseLarge(size: number): number {
  if (size <= largestPage) return size;
  throw new RangeError(`a page of ${size} bytes, more than ${largestPage}`);
}
