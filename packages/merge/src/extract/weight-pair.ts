// Reads one weight of two checkpoints, some rows at a time, and measures both in a first pass.

import type { RowBlocks } from "@lowrank/math/internal";
import type { FileWeight, WeightRows } from "../stream/fold-rows.ts";

/** The weight in both checkpoints, as matrices of the same shape. */
export interface WeightPair {
  readonly base: WeightRows;
  readonly tuned: WeightRows;
}

/** Sums over both weights, and sums by output if requested. */
export interface PairSums {
  /** ‖W‖², ‖W'‖², ‖W' − W‖² */
  readonly base: number;
  readonly tuned: number;
  readonly difference: number;
  /** Rounding of the tuned weight's numbers: half a unit in the last place, relative to the number. */
  readonly rounding: number;
  /** By output: W·W' and W'·W', which give the length of W' relative to W. */
  readonly outputs: { readonly inner: Float64Array; readonly tuned: Float64Array };
}

/** Numbers of one block of rows: enough to make the cost of a call small. */
const blockNumbers = 1 << 20;
/** A difference with at most this many numbers is kept in memory between passes. */
const keptNumbers = 1 << 23;

/** A file's weight as a matrix whose rows are the first axis. */
export function rowsOf({ shape, read }: FileWeight): WeightRows {
  const [rows = 1, ...others] = shape;
  const columns = others.reduce((size, length) => size * length, 1);
  return { rows, columns, read: (first, count, into) => read(first * columns, count * columns, into) };
}

/** The rows of both, block by block. Use each block before asking for the next. */
export async function* sideBySide({ base, tuned }: WeightPair): AsyncGenerator<readonly [Float32Array, Float32Array]> {
  const { rows, columns } = base;
  const size = Math.max(1, Math.floor(blockNumbers / Math.max(1, columns)));
  const rooms = [
    new Float32Array(Math.min(size, rows) * columns),
    new Float32Array(Math.min(size, rows) * columns),
  ] as const;
  for (let first = 0; first < rows; first += size) {
    const count = Math.min(size, rows - first);
    yield [await base.read(first, count, rooms[0]), await tuned.read(first, count, rooms[1])];
  }
}

/** One pass over both. */
export async function measurePair(pair: WeightPair, outputs: "rows" | "columns"): Promise<PairSums> {
  const { rows, columns } = pair.base;
  const count = outputs === "rows" ? rows : columns;
  const sums = { base: 0, difference: 0, inner: new Float64Array(count), tuned: new Float64Array(count) };
  let bits = 0;
  let first = 0;
  for await (const [before, after] of sideBySide(pair)) {
    const patterns = new Uint32Array(after.buffer, after.byteOffset, after.length);
    for (let start = 0, row = first; start < before.length; start += columns, row += 1)
      for (let column = 0; column < columns; column += 1) {
        const [one, other] = [before[start + column] as number, after[start + column] as number];
        const output = outputs === "rows" ? row : column;
        sums.base += one * one;
        sums.difference += (other - one) ** 2;
        sums.inner[output] = (sums.inner[output] as number) + one * other;
        sums.tuned[output] = (sums.tuned[output] as number) + other * other;
        bits |= patterns[start + column] as number;
      }
    first += before.length / columns;
  }
  return {
    base: sums.base,
    difference: sums.difference,
    tuned: sums.tuned.reduce((sum, value) => sum + value, 0),
    rounding: roundingOf(bits),
    outputs: { inner: sums.inner, tuned: sums.tuned },
  };
}

/** Finds the type by unused bits: the last sixteen of BF16 are zero, the last thirteen of F16. */
function roundingOf(bits: number): number {
  if ((bits & 0xffff) === 0) return 2 ** -8;
  return (bits & 0x1fff) === 0 ? 2 ** -11 : 2 ** -24;
}

/** stretch·W' − W, in memory if it is small enough; `stretches` has a number for each output. */
export function differenceOf(
  pair: WeightPair,
  stretches: Float64Array | undefined,
  outputs: "rows" | "columns",
): RowBlocks {
  const { rows, columns } = pair.base;
  async function* blocks() {
    let first = 0;
    for await (const [before, after] of sideBySide(pair)) {
      for (let start = 0, row = first; start < before.length; start += columns, row += 1)
        for (let column = 0; column < columns; column += 1) {
          const by = stretches === undefined ? 1 : (stretches[outputs === "rows" ? row : column] as number);
          after[start + column] = by * (after[start + column] as number) - (before[start + column] as number);
        }
      first += before.length / columns;
      yield after;
    }
  }
  if (rows * columns > keptNumbers) return { rows, columns, blocks };
  const keptBlocks: Float32Array[] = [];
  return {
    rows,
    columns,
    async *blocks() {
      if (keptBlocks.length === 0) for await (const block of blocks()) keptBlocks.push(block.slice());
      yield* keptBlocks;
    },
  };
}
