// Parquet, as the Hub's data sets have it. Its reader is loaded when a file of that kind comes: few people have one.

import type { Example } from "@lowrank/data";
import { knownColumns } from "./table-columns.ts";

export interface ParquetFile {
  readonly name: string;
  readonly bytes: ArrayBuffer;
  readonly maxRows: number;
}

/** The rows of a file. Throws DataFileError where it is none, and what `readJson` does. */
export async function parquetExamples({ name, bytes, maxRows }: ParquetFile): Promise<readonly Example[]> {
  const { openParquet } = await import("@lowrank/data/parquet");
  const table = await openParquet(bytes, { file: name });
  const examples: Example[] = [];
  for await (const example of table.examples({ maxRows, ...knownColumns(table.columns) })) examples.push(example);
  return examples;
}
