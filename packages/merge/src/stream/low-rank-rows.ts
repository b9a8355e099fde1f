// Rows of scale·left·right, added to rows of a weight: with the vector instructions of WebAssembly where there are any and rows
// are whole vectors, else by loops.

import type { RowUpdate } from "@lowrank/math";
import { rowModule } from "./row-module.ts";

/** Adds the update's rows from `first` on to `values` [rows, columns]. */
export type AddRows = (values: Float32Array, first: number) => void;

/** What adds an update to a weight of so many rows, at most `most` of them at a time. */
export function lowRankRows(update: RowUpdate, weight: { readonly rows: number; readonly columns: number }): AddRows {
  return weight.columns % 4 === 0 ? (byKernel(update, weight) ?? byLoops(update, weight)) : byLoops(update, weight);
}

const pageBytes = 65_536;

/** Undefined where WebAssembly is missing or forbidden, or the update too large for it. */
function byKernel(
  { left, right, rank, groups, scale }: RowUpdate,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): AddRows | undefined {
  const width = 4 * columns;
  const rowAt = 4 * right.length;
  const leftAt = rowAt + width;
  const pages = Math.ceil((leftAt + 4 * rank) / pageBytes);
  if (pages > pageBytes) return undefined;
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { add } = rowModule(memory);
    new Float32Array(memory.buffer, 0, right.length).set(right);
    const row = new Float32Array(memory.buffer, rowAt, columns);
    const factors = new Float32Array(memory.buffer, leftAt, rank);
    const rowsOfGroup = rows / groups;
    return (values, first) => {
      for (let start = 0, index = first; start < values.length; start += columns, index += 1) {
        for (let factor = 0; factor < rank; factor += 1)
          factors[factor] = scale * (left[index * rank + factor] as number);
        const own = values.subarray(start, start + columns);
        row.set(own);
        add(rowAt, leftAt, leftAt + 4 * rank, Math.floor(index / rowsOfGroup) * rank * width, width);
        own.set(row);
      }
    };
  } catch {
    return undefined;
  }
}

/** The same without vectors. */
export function byLoops(
  { left, right, rank, groups, scale }: RowUpdate,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): AddRows {
  const sum = new Float64Array(columns);
  const rowsOfGroup = rows / groups;
  return (values, first) => {
    for (let start = 0, index = first; start < values.length; start += columns, index += 1) {
      sum.fill(0);
      const from = Math.floor(index / rowsOfGroup) * rank;
      for (let factor = 0; factor < rank; factor += 1) {
        const by = scale * (left[index * rank + factor] as number);
        const place = (from + factor) * columns;
        for (let column = 0; column < columns; column += 1)
          sum[column] = (sum[column] as number) + by * (right[place + column] as number);
      }
      for (let column = 0; column < columns; column += 1)
        values[start + column] = (values[start + column] as number) + (sum[column] as number);
    }
  };
}
