// Rows in the order of transformers, out of a GGUF file's.

import type { StoredRow } from "@lowrank/families/gguf";

/** Copies rows into `ordered`, which it returns. */
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

/** [columns, rows] → [rows, columns] */
export function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[row * columns + column] = values[column * rows + row]!;
  return result;
}
