// The architectures that are read from GGUF files; a new one is a file in tables/ and a row here.

import { UnsupportedArchitectureError } from "./errors.ts";
import type { GgufTable } from "./gguf-table.ts";
import { llama } from "./tables/llama.ts";

const tables: ReadonlyMap<unknown, GgufTable> = new Map([llama].map((table) => [table.architecture, table]));

/**
 * The table of a GGUF file.
 *
 * @param metadata GGUF's key–value pairs.
 * @throws UnsupportedArchitectureError for an architecture without a table.
 * @example
 * ```ts
 * import { ggufTableOf } from "@lowrank/families/gguf";
 *
 * const table = ggufTableOf(new Map([["general.architecture", "llama"]]));
 * if (table.modelType !== "llama") throw new Error("another family");
 * ```
 */
export function ggufTableOf(metadata: ReadonlyMap<string, unknown>, file = "the GGUF file"): GgufTable {
  const architecture = metadata.get("general.architecture");
  const table = tables.get(architecture);
  if (table === undefined) throw new UnsupportedArchitectureError(file, architecture, [...tables.keys()].map(String));
  return table;
}
