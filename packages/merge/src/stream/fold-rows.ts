// Merges changes into a weight some rows at a time: only a few million numbers are in memory, for a weight of any size.

import type { RowChange } from "@lowrank/inject/internal";
import type { PlainType } from "../export/planned-merge.ts";
import { type AddRows, lowRankRows } from "./low-rank-rows.ts";

/** A weight in the file's layout, as a matrix. */
export interface WeightRows {
  readonly rows: number;
  readonly columns: number;
  /** Reads rows of the frozen weight, possibly into `into`. The caller may overwrite them. */
  read(first: number, count: number, into: Float32Array): Promise<Float32Array>;
}

type LowRankChange = Extract<RowChange, { kind: "low-rank" }>;

/** Numbers in memory at a time: the size of a processor's cache. */
const blockNumbers = 1 << 18;

/**
 * The weight after the changes, in order; replacements come first. Magnitudes refer to the weight before all updates, as
 * in `WeightChange.fold`.
 */
export async function* foldRows(weight: WeightRows, changes: readonly RowChange[]): AsyncGenerator<Float32Array> {
  const base = replaced(weight, changes);
  const updates = changes.filter(({ kind }) => kind !== "whole");
  const steps: ((block: Block) => void)[] = [];
  for (const update of updates) {
    if (update.kind === "rows") steps.push((block) => putRows(block, update, weight.columns));
    if (update.kind === "low-rank") steps.push(await adding(base, update));
  }
  const needsBase = updates.length > 1;
  for await (const { first, values } of blocksOf(base)) {
    const block = { first, values, before: needsBase ? values.slice() : values };
    for (const step of steps) step(block);
    yield values;
  }
}

/** The rows before all updates: those of the last replacement, else the frozen ones. */
function replaced(weight: WeightRows, changes: readonly RowChange[]): WeightRows {
  const last = changes.filter((change) => change.kind === "whole").at(-1);
  if (last === undefined) return weight;
  const { columns } = weight;
  return { ...weight, read: async (first, count) => last.values.slice(first * columns, (first + count) * columns) };
}

interface Block {
  readonly first: number;
  readonly values: Float32Array;
  /** The same rows before all updates; `values` itself if there is only one update. */
  readonly before: Float32Array;
}

async function* blocksOf({ rows, columns, read }: WeightRows): AsyncGenerator<Pick<Block, "first" | "values">> {
  const size = Math.max(1, Math.floor(blockNumbers / Math.max(1, columns)));
  const room = new Float32Array(Math.min(size, rows) * columns);
  for (let first = 0; first < rows; first += size)
    yield { first, values: await read(first, Math.min(size, rows - first), room) };
}

function putRows(
  { first, values }: Block,
  { indices, values: own }: Extract<RowChange, { kind: "rows" }>,
  columns: number,
): void {
  indices.forEach((index, position) => {
    const row = index - first;
    if (row >= 0 && (row + 1) * columns <= values.length)
      values.set(own.subarray(position * columns, (position + 1) * columns), row * columns);
  });
}

/** Returns a function that adds an update to a block, and scales it to its magnitudes. */
async function adding(base: WeightRows, update: LowRankChange): Promise<(block: Block) => void> {
  const { magnitudes, outputs } = update;
  const { columns } = base;
  const add = lowRankRows(update, base);
  if (magnitudes === undefined) return ({ first, values }) => add(values, first);
  const stretches = outputs === "columns" ? await columnStretches(base, add, magnitudes) : undefined;
  return ({ first, values, before }) => {
    const adapted = before.slice();
    add(adapted, first); // V
    if (before !== values) add(values, first);
    for (let start = 0, row = first; start < values.length; start += columns, row += 1) {
      const along =
        stretches === undefined ? (magnitudes[row] as number) / normOf(adapted.subarray(start, start + columns)) : 1;
      for (let column = 0; column < columns; column += 1) {
        const factor = stretches === undefined ? along : (stretches[column] as number);
        const value = (before === values ? adapted : values)[start + column] as number;
        values[start + column] = factor * value;
      }
    }
  };
}

/** ‖V‖ of one row; 1 for a row of zeros, which has no direction. */
function normOf(row: Float32Array): number {
  let sum = 0;
  for (let column = 0; column < row.length; column += 1) sum += (row[column] as number) ** 2;
  return sum === 0 ? 1 : Math.sqrt(sum);
}

/** m/‖V‖ for each column, which needs a pass over all rows. */
async function columnStretches(base: WeightRows, add: AddRows, magnitudes: Float32Array): Promise<Float64Array> {
  const { columns } = base;
  const sums = new Float64Array(columns);
  for await (const { first, values } of blocksOf(base)) {
    add(values, first);
    for (let index = 0, column = 0; index < values.length; index += 1, column += 1) {
      if (column === columns) column = 0;
      sums[column] = (sums[column] as number) + (values[index] as number) ** 2;
    }
  }
  return sums.map((sum, column) => (magnitudes[column] as number) / (sum === 0 ? 1 : Math.sqrt(sum)));
}

/** A weight in a file. */
export interface FileWeight {
  /** The file's shape. */
  readonly shape: readonly number[];
  /** Reads some values, row by row; `first` and `count` are whole rows of the last axis. The result may be in `into`. */
  read(first: number, count: number, into?: Float32Array): Promise<Float32Array>;
  /** The file's bytes, if they are plain numbers in row order. */
  readonly stored?: {
    readonly dtype: PlainType;
    readonly readBytes: (first: number, count: number) => Promise<Uint8Array>;
  };
}

/** Weights of a base in files. `WeightsInFiles` of `@lowrank/models` is one. */
export interface FileWeights {
  /** By transformers' parameter path; undefined for a weight in memory, or if another path stands for it. */
  weight(path: string): FileWeight | undefined;
  /** Runs code that needs full weights; they are read for it. */
  whileRead<T>(work: () => T): Promise<T>;
}
