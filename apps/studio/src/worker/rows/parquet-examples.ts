// Parquet, as the Hub's data sets have it. Its reader is loaded when a file of that kind comes: few people have one.

import { DataFileError, type Example, readJson } from "@lowrank/data";
import { knownColumns } from "./table-columns.ts";

export interface ParquetFile {
  readonly name: string;
  readonly bytes: ArrayBuffer;
  readonly maxRows: number;
}

/** The rows of a file. Throws DataFileError where it is none, or compressed as the reader does not know, and what `readJson` does. */
export async function parquetExamples({ name, bytes, maxRows }: ParquetFile): Promise<readonly Example[]> {
  const { parquetReadObjects } = await import("hyparquet");
  const objects = await parquetReadObjects({ file: bytes, rowEnd: maxRows + 1 }).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataFileError(name, `it cannot be read as Parquet (${reason}). Save it as .jsonl.`, { cause });
  });
  // Its whole numbers of 64 bits are no numbers of JSON.
  const json = JSON.stringify(objects, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value));
  return readJson(json, { file: name, maxRows, ...knownColumns(Object.keys(objects[0] ?? {})) });
}
