// What a text that was pasted, or a file of no telling name, is written in.

/** How rows are written; "lines": a row a line, of which only what is said is there. */
export type RowsFormat = "json" | "jsonl" | "csv" | "tsv" | "lines";

const byEnding: ReadonlyMap<string, RowsFormat> = new Map([
  ["json", "json"],
  ["jsonl", "jsonl"],
  ["ndjson", "jsonl"],
  ["csv", "csv"],
  ["tsv", "tsv"],
]);

/** Of a file, by its name; undefined for a name that says nothing. */
export function formatOfName(name: string): RowsFormat | undefined {
  return byEnding.get(name.split(".").at(-1)?.toLowerCase() ?? "");
}

/** Of a text, by how it begins. */
export function formatOfText(text: string): RowsFormat {
  const start = text.trimStart();
  if (start.startsWith("[")) return "json";
  if (start.startsWith("{")) return "jsonl";
  const [first = ""] = start.split(/\r?\n/, 1);
  if (first.includes("\t")) return "tsv";
  // A sentence has commas too: it is a table only where its first line names columns, or quotes its fields.
  const cells = first.split(",").map((cell) => cell.trim());
  const looksLikeTable =
    cells.length > 1 && (cells.every((cell) => /^[\w-]+$/.test(cell)) || /^"[^"]*",\s*"/.test(first));
  return looksLikeTable ? "csv" : "lines";
}
