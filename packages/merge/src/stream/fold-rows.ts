// Changes folded into a weight some rows at a time: in memory are a few million of its numbers, however large it is.

import type { RowChange } from "@lowrank/inject";
import { addLowRankRow } from "./low-rank-row.ts";

/** A weight as a file has it, seen as a matrix. */
export interface WeightRows {
  readonly rows: number;
  readonly columns: number;
  /** Rows of the frozen weight; the caller may write into them. */
  read(first: number, count: number): Promise<Float32Array>;
}

type LowRankChange = Extract<RowChange, { kind: "low-rank" }>;

/** Numbers that are in memory at once. */
const blockNumbers = 1 << 20;

/**
 * The weight after the changes, in their order: what replaces it whole comes first. A pair's lengths (DoRA) are those of the
 * weight from before any update, as `WeightChange.fold` has it.
 */
export async function* foldRows(weight: WeightRows, changes: readonly RowChange[]): AsyncGenerator<Float32Array> {
  const base = replaced(weight, changes);
  const updates = changes.filter(({ kind }) => kind !== "whole");
  const stretches = new Map<RowChange, Float64Array>();
  for (const update of updates)
    if (update.kind === "low-rank" && update.lengths !== undefined && update.outputs === "columns")
      stretches.set(update, await columnStretches(base, update, update.lengths));
  const needsBase = updates.length > 1;
  for await (const { first, values } of blocksOf(base)) {
    const before = needsBase ? values.slice() : values;
    for (const update of updates) {
      if (update.kind === "rows") putRows(values, update, { first, columns: weight.columns });
      else if (update.kind === "low-rank") {
        const stretch = stretches.get(update);
        addRows({ values, before, first, columns: weight.columns }, update, { rows: weight.rows, stretch });
      }
    }
    yield values;
  }
}

/** The rows that updates start from: the frozen ones, or those of the last change that replaces them all. */
function replaced(weight: WeightRows, changes: readonly RowChange[]): WeightRows {
  const last = changes.filter((change) => change.kind === "whole").at(-1);
  if (last === undefined) return weight;
  const { columns } = weight;
  return { ...weight, read: async (first, count) => last.values.slice(first * columns, (first + count) * columns) };
}

interface Block {
  readonly first: number;
  readonly values: Float32Array;
}

async function* blocksOf({ rows, columns, read }: WeightRows): AsyncGenerator<Block> {
  const size = Math.max(1, Math.floor(blockNumbers / Math.max(1, columns)));
  for (let first = 0; first < rows; first += size)
    yield { first, values: await read(first, Math.min(size, rows - first)) };
}

function putRows(
  values: Float32Array,
  { indices, values: own }: Extract<RowChange, { kind: "rows" }>,
  { first, columns }: { readonly first: number; readonly columns: number },
): void {
  indices.forEach((index, place) => {
    const row = index - first;
    if (row >= 0 && (row + 1) * columns <= values.length)
      values.set(own.subarray(place * columns, (place + 1) * columns), row * columns);
  });
}

interface RowsSoFar extends Block {
  /** The same rows before any update; may be `values` itself where there is but one. */
  readonly before: Float32Array;
  readonly columns: number;
}

function addRows(
  { values, before, first, columns }: RowsSoFar,
  update: LowRankChange,
  { rows, stretch }: { readonly rows: number; readonly stretch: Float64Array | undefined },
): void {
  const delta = new Float64Array(columns);
  const { lengths } = update;
  for (let start = 0, row = first; start < values.length; start += columns, row += 1) {
    addLowRankRow(delta.fill(0), update, { row, rows });
    if (lengths === undefined) {
      for (let column = 0; column < columns; column += 1)
        values[start + column] = (values[start + column] as number) + (delta[column] as number);
      continue;
    }
    const along = stretch === undefined ? (lengths[row] as number) / lengthOf(before, delta, start) : 1;
    for (let column = 0; column < columns; column += 1) {
      const factor = stretch === undefined ? along : (stretch[column] as number);
      values[start + column] = factor * ((values[start + column] as number) + (delta[column] as number));
    }
  }
}

/** ‖V‖ of one row; 1 for nothing but zeros, which have no direction. */
function lengthOf(before: Float32Array, delta: Float64Array, start: number): number {
  let sum = 0;
  for (let column = 0; column < delta.length; column += 1)
    sum += ((before[start + column] as number) + (delta[column] as number)) ** 2;
  return sum === 0 ? 1 : Math.sqrt(sum);
}

/** m/‖V‖ for each column, which only a pass over all rows tells. */
async function columnStretches(base: WeightRows, update: LowRankChange, lengths: Float32Array): Promise<Float64Array> {
  const { rows, columns } = base;
  const sums = new Float64Array(columns);
  const delta = new Float64Array(columns);
  for await (const { first, values } of blocksOf(base))
    for (let start = 0, row = first; start < values.length; start += columns, row += 1) {
      addLowRankRow(delta.fill(0), update, { row, rows });
      for (let column = 0; column < columns; column += 1)
        sums[column] = (sums[column] as number) + ((values[start + column] as number) + (delta[column] as number)) ** 2;
    }
  return sums.map((sum, column) => (lengths[column] as number) / (sum === 0 ? 1 : Math.sqrt(sum)));
}
