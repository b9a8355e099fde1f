// Writes rows to a file, one by one, completely or not at all. The file's extension decides the format.

import { writeFileAtomic } from "@lowrank/safetensors/node";
import { UsageError } from "../errors/usage-errors.ts";

type Row = Readonly<Record<string, unknown>>;

/** Throws UsageError for a file name with an unknown extension. */
export function checkRowFile(out: string | undefined): void {
  if (out === undefined || /\.(jsonl|csv)$/i.test(out)) return;
  throw new UsageError(`--out "${out}" has no known extension. End it in .jsonl or .csv.`);
}

/** Writes the rows; the first row's keys become a table's header. Throws the errors of `writeFileAtomic`, such as for an existing file. */
export async function writeRowFile(
  out: string,
  rows: AsyncIterable<Row> | Iterable<Row>,
  { overwrite = false }: { readonly overwrite?: boolean | undefined },
): Promise<void> {
  await writeFileAtomic(out, lines(rows, /\.csv$/i.test(out)), { overwrite });
}

async function* lines(rows: AsyncIterable<Row> | Iterable<Row>, isTable: boolean): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let names: readonly string[] | undefined;
  for await (const row of rows) {
    yield encoder.encode(isTable ? csvLines(row, names) : `${JSON.stringify(row)}\n`);
    names ??= Object.keys(row);
  }
}

/** The row as a line of RFC 4180. Without `names`, the header comes first. Values other than texts are JSON. */
function csvLines(row: Row, names: readonly string[] | undefined): string {
  const values = (names ?? Object.keys(row)).map((name) => row[name]);
  const line = values
    .map((value) => quoted(typeof value === "string" ? value : (JSON.stringify(value) ?? "")))
    .join(",");
  return names === undefined ? `${Object.keys(row).map(quoted).join(",")}\n${line}\n` : `${line}\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
