// Changes folded into a weight some rows at a time: in memory are a few million of its numbers, however large it is.

import type { RowChange } from "@lowrank/inject";
import type { PlainType } from "../export/planned-merge.ts";
import { type AddRows, lowRankRows } from "./low-rank-rows.ts";

/** A weight as a file has it, seen as a matrix. */
export interface WeightRows {
  readonly rows: number;
  readonly columns: number;
  /** Rows of the frozen weight, perhaps in `into`; the caller may write into them. */
  read(first: number, count: number, into: Float32Array): Promise<Float32Array>;
}

type LowRankChange = Extract<RowChange, { kind: "low-rank" }>;

/** Numbers that are in memory at once: what a processor's cache holds. */
const blockNumbers = 1 << 18;

/**
 * The weight after the changes, in their order: what replaces it whole comes first. A pair's magnitudes are those of the
 * weight from before any update, as `WeightChange.fold` has it.
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
  /** The same rows before any update; `values` itself where there is but one. */
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
  indices.forEach((index, place) => {
    const row = index - first;
    if (row >= 0 && (row + 1) * columns <= values.length)
      values.set(own.subarray(place * columns, (place + 1) * columns), row * columns);
  });
}

/** What adds an update to a block, and stretches it where it has lengths. */
async function adding(base: WeightRows, update: LowRankChange): Promise<(block: Block) => void> {
  const { lengths, outputs } = update;
  const { columns } = base;
  const add = lowRankRows(update, base);
  if (lengths === undefined) return ({ first, values }) => add(values, first);
  const stretches = outputs === "columns" ? await columnStretches(base, add, lengths) : undefined;
  return ({ first, values, before }) => {
    const adapted = before.slice();
    add(adapted, first); // V
    if (before !== values) add(values, first);
    for (let start = 0, row = first; start < values.length; start += columns, row += 1) {
      const along =
        stretches === undefined ? (lengths[row] as number) / lengthOf(adapted.subarray(start, start + columns)) : 1;
      for (let column = 0; column < columns; column += 1) {
        const factor = stretches === undefined ? along : (stretches[column] as number);
        const value = (before === values ? adapted : values)[start + column] as number;
        values[start + column] = factor * value;
      }
    }
  };
}

/** ‖V‖ of one row; 1 for nothing but zeros, which have no direction. */
function lengthOf(row: Float32Array): number {
  let sum = 0;
  for (let column = 0; column < row.length; column += 1) sum += (row[column] as number) ** 2;
  return sum === 0 ? 1 : Math.sqrt(sum);
}

/** m/‖V‖ for each column, which only a pass over all rows tells. */
async function columnStretches(base: WeightRows, add: AddRows, lengths: Float32Array): Promise<Float64Array> {
  const { columns } = base;
  const sums = new Float64Array(columns);
  for await (const { first, values } of blocksOf(base)) {
    add(values, first);
    for (let index = 0, column = 0; index < values.length; index += 1, column += 1) {
      if (column === columns) column = 0;
      sums[column] = (sums[column] as number) + (values[index] as number) ** 2;
    }
  }
  return sums.map((sum, column) => (lengths[column] as number) / (sum === 0 ? 1 : Math.sqrt(sum)));
}

/** A weight that lies in a file. */
export interface FileWeight {
  /** As files store it. */
  readonly shape: readonly number[];
  /** Some of its numbers, row by row; both are whole rows of the last axis. They may be put into `into`. */
  read(first: number, count: number, into?: Float32Array): Promise<Float32Array>;
  /** The same as the file's bytes; there where these are plain numbers in the order of rows. */
  readonly stored?: {
    readonly dtype: PlainType;
    readonly readBytes: (first: number, count: number) => Promise<Uint8Array>;
  };
}

/** The weights of such a base. `WeightsInFiles` of `@lowrank/models` is one. */
export interface FileWeights {
  /** By transformers' parameter path; undefined for one that is in memory, or that another's path stands for. */
  weight(path: string): FileWeight | undefined;
  /** Does something that computes with weights as a whole, which are read for it. */
  whileRead<T>(work: () => T): Promise<T>;
}
