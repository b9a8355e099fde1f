// Maps rows of a matrix to a GGUF file: llama.cpp's converter stores some matrices in another order than transformers.

import type { ModelConfig } from "../family.ts";
import type { GgufChange } from "./gguf-table.ts";

/** Maps a row of transformers' matrix to a row of the file. */
export type StoredRow = (row: number) => number;

/**
 * The row of the file for each row of a matrix or entry of a bias; undefined if the order is the same.
 *
 * @example
 * ```ts
 * import { checkConfig } from "@lowrank/contracts/families";
 * import { storedRowOf } from "@lowrank/contracts/families/gguf";
 *
 * const sizes = { hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16, vocab_size: 4 };
 * const config = checkConfig({ model_type: "llama", ...sizes });
 * const rowOf = storedRowOf("pairs-of-heads", 8, config);
 * const order = [0, 1, 2, 3].map((row) => rowOf?.(row)); // 0, 2, 1, 3: halves of the first head become neighbours
 * ```
 */
export function storedRowOf(change: GgufChange | undefined, rows: number, config: ModelConfig): StoredRow | undefined {
  if (change === "pairs-of-heads") return (row) => pairedRow(row, rows, config.heads);
  if (change === "pairs-of-key-heads") return (row) => pairedRow(row, rows, config.keyValueHeads);
  if (change === "apart") return (row) => apartRow(row, config);
  return undefined;
}

/**
 * In GGUF, rotary positions rotate adjacent rows of LLaMA's projections together: [heads, headSize/2, 2]. In transformers they rotate
 * rows of the two halves: [heads, 2, headSize/2].
 */
function pairedRow(row: number, rows: number, heads: number): number {
  const headSize = rows / heads;
  const half = headSize / 2;
  const within = row % headSize;
  return row - within + (within % half) * 2 + Math.floor(within / half);
}

/** All queries, then all keys, then all values; transformers sorts by key head: its queries, its key, its value. */
function apartRow(row: number, config: Pick<ModelConfig, "heads" | "keyValueHeads" | "headSize">): number {
  const { heads, keyValueHeads, headSize } = config;
  const queries = heads / keyValueHeads; // of one key head
  const head = Math.floor(row / headSize);
  const group = Math.floor(head / (queries + 2));
  const member = head % (queries + 2);
  const before = member < queries ? group * queries + member : heads + (member - queries) * keyValueHeads + group;
  return before * headSize + (row % headSize);
}

/**
 * Copies rows from a GGUF file's order to transformers' order, into `ordered`, which it returns.
 *
 * @example
 * ```ts
 * import { reorderRows } from "@lowrank/contracts/families/gguf";
 *
 * const swapped = reorderRows(Float32Array.of(1, 2), new Float32Array(2), { rows: 2, storedRow: (row) => 1 - row });
 * if (String(swapped) !== "2,1") throw new Error("another order");
 * ```
 */
export function reorderRows<Numbers extends Float32Array | Uint16Array>(
  values: Numbers,
  ordered: Numbers,
  { rows, storedRow }: { readonly rows: number; readonly storedRow: StoredRow },
): Numbers {
  const width = values.length / rows;
  for (let row = 0; row < rows; row++) {
    const stored = storedRow(row);
    ordered.set(values.subarray(stored * width, (stored + 1) * width), row * width);
  }
  return ordered;
}
