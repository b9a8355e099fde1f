// The part of reading Parquet that believes what the file says: hyparquet's. It runs in a thread where there are threads.

import type { FileMetaData, ParquetRow } from "hyparquet";
import type { OpenDecoder } from "../guarded/decoder-module.ts";
import { jsonValue, sizeOf } from "./json-value.ts";
import { boundedCompressors } from "./page-compressors.ts";

/** First what a file holds, then the first rows of a group of rows, then the next ones until there are none. */
export type ParquetRequest =
  | { readonly kind: "contents"; readonly byteLength: number }
  | { readonly kind: "group"; readonly index: number; readonly columns: readonly string[] | undefined }
  | { readonly kind: "rows" };

export interface ParquetContents {
  readonly columns: readonly string[];
  /** Of each group of rows their number, and its bytes before they were packed. */
  readonly groups: readonly { readonly rows: number; readonly size: number }[];
}

/** What a request gives. */
export type ParquetAnswer = ParquetContents | readonly unknown[];

/** Rows are sent in pieces of this many characters: a text that a million rows share is one only in the thread. */
const pieceSize = 2 ** 20;

export const open: OpenDecoder<ParquetRequest, ParquetAnswer> = (read) => {
  let byteLength = 0;
  let metadata: FileMetaData | undefined;
  let rows: ParquetRow[] = [];
  let place = 0;
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
      place = 0;
    }
    const piece: unknown[] = [];
    for (let size = 0; place < rows.length && size < pieceSize; place += 1) {
      const row = jsonValue(rows[place]);
      size += sizeOf(row);
      piece.push(row);
    }
    return piece;
  };
};
