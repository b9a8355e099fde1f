// Of which kind a data file is: its name's ending says, or, of what has no name, its first characters.

import { extname } from "node:path";

/** The kinds of files that can be read. */
export type DataFormat = "jsonl" | "json" | "csv" | "tsv" | "parquet";

/** Those that are text, read from the beginning on. */
export type TextFormat = Exclude<DataFormat, "parquet">;

const formats: ReadonlyMap<string, DataFormat> = new Map<string, DataFormat>([
  [".jsonl", "jsonl"],
  [".ndjson", "jsonl"],
  [".json", "json"],
  [".csv", "csv"],
  [".tsv", "tsv"],
  [".parquet", "parquet"],
]);

/** The endings of names, for messages. */
export const knownEndings: readonly string[] = [...formats.keys()];

/** By the name's ending, before a .gz; undefined for an unknown one. */
export function formatOfName(name: string): DataFormat | undefined {
  return formats.get(extname(name.replace(/\.gz$/i, "")).toLowerCase());
}

/** By how a text begins: an array, an object on each line, or a table, whose first line has tabs or has none. */
export function formatOfText(start: string): TextFormat {
  const text = start.replace(/^\uFEFF/, "").trimStart();
  if (text.startsWith("[")) return "json";
  if (text.startsWith("{")) return "jsonl";
  return text.split("\n", 1)[0]?.includes("\t") === true ? "tsv" : "csv";
}
