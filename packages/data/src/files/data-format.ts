// Recognizes the format of a data file, by the ending of its name, or without a name by its first characters.

import { extname } from "node:path";

/** Supported formats. */
export type DataFormat = "jsonl" | "json" | "csv" | "tsv" | "parquet";

/** Formats of text, which can be read as a stream. */
export type TextFormat = Exclude<DataFormat, "parquet">;

const formats: ReadonlyMap<string, DataFormat> = new Map<string, DataFormat>([
  [".jsonl", "jsonl"],
  [".ndjson", "jsonl"],
  [".json", "json"],
  [".csv", "csv"],
  [".tsv", "tsv"],
  [".parquet", "parquet"],
]);

/** Endings of names, for messages. */
export const knownEndings: readonly string[] = [...formats.keys()];

/** The format by the name's ending, before a .gz; undefined for an unknown one. */
export function formatOfName(name: string): DataFormat | undefined {
  return formats.get(extname(name.replace(/\.gz$/i, "")).toLowerCase());
}

/** The format by the start of a text: an array, an object on each line, or a table with or without tabs in the first line. */
export function formatOfText(start: string): TextFormat {
  const text = start.replace(/^\uFEFF/, "").trimStart();
  if (text.startsWith("[")) return "json";
  if (text.startsWith("{")) return "jsonl";
  return text.split("\n", 1)[0]?.includes("\t") === true ? "tsv" : "csv";
}
