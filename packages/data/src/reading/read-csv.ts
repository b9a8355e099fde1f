// CSV and TSV from a text.

import { refuseUnknownOptions } from "@lowrank/contracts/internal";
import type { Example } from "../example.ts";
import { type ReadOptions, readOptionNames } from "./read-options.ts";
import { type TableKind, TableReader } from "./table-reader.ts";

function readTable(text: string, kind: TableKind, options: ReadOptions): Example[] {
  const reader = new TableReader(kind, options);
  reader.push(text);
  return reader.finish();
}

/**
 * Reads examples from CSV. The first line names the columns, unless `header` does.
 *
 * Throws DataError naming every broken line, and DATA_UNREADABLE_FILE if a limit is exceeded. Format: RFC 4180; line ends
 * inside quotes become LF.
 *
 * @example
 * ```ts
 * import { readCsv } from "@lowrank/data";
 *
 * const text = 'mr,ref\n"name[Aromi], area[city centre]",Aromi is in the city centre.\n';
 * const examples = readCsv(text, { columns: { prompt: "mr", completion: "ref" } });
 * if (examples[0]?.kind !== "completion") throw new Error("not recognized");
 * ```
 */
export function readCsv(text: string, options: ReadOptions = {}): Example[] {
  refuseUnknownOptions("readCsv", options, readOptionNames);
  return readTable(text, "csv", options);
}

/**
 * Reads examples from tab-separated values, in which quotes are ordinary characters (IANA text/tab-separated-values).
 *
 * Throws as `readCsv` does.
 *
 * @example
 * ```ts
 * import { readTsv } from "@lowrank/data";
 *
 * const examples = readTsv("a fine film\t1\n", { header: ["sentence", "label"] });
 * if (examples[0]?.kind !== "sentence" || examples[0].label !== 1) throw new Error("not recognized");
 * ```
 */
export function readTsv(text: string, options: ReadOptions = {}): Example[] {
  refuseUnknownOptions("readTsv", options, readOptionNames);
  return readTable(text, "tsv", options);
}
