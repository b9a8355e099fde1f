// Converts a weight's values to the layout of GGUF files, some rows at a time: rows in llama.cpp's order, Conv1D matrices
// transposed, Gemma's norm weights plus 1.

import { transposed } from "@lowrank/adapter-format/internal";
import type { ModelConfig } from "@lowrank/contracts/families";
import { type GgufChange, storedRowOf } from "@lowrank/contracts/families/gguf";

/** A weight in transformers' layout, and the change by llama.cpp's converter. */
export interface WeightOrder {
  readonly shape: readonly number[];
  readonly change: GgufChange | undefined;
  /** Of a stack [experts, rows, columns]: the part of each expert's rows that this tensor has. */
  readonly part?: { readonly index: number; readonly count: number };
  readonly config: ModelConfig;
}

/** About this many numbers are in memory at a time, if rows stay near their positions. */
const usualBlock = 1 << 18;

/** The shape in a GGUF file. */
export function storedShape({ shape, change, part }: WeightOrder): readonly number[] {
  if (part) return shape.map((size, axis) => (axis === 1 ? size / part.count : size));
  if (change === "one-channel") return shape.filter((_, axis) => axis !== (shape.length === 2 ? 0 : 1));
  return change === "transposed" ? [...shape].reverse() : shape;
}

/**
 * The same values in the file's order, in pieces that depend only on that order. Rows that are permuted within a head are read
 * head by head; other permutations need the whole matrix in memory.
 */
export async function* inStoredOrder(
  blocks: AsyncIterable<Float32Array>,
  order: WeightOrder,
): AsyncGenerator<Float32Array> {
  const { shape, change, config, part } = order;
  if (part) {
    yield* rowsOfPart(blocks, shape, part);
    return;
  }
  const [rows = 1] = shape;
  const width = shape.reduce((product, size) => product * size, 1) / rows;
  const rowsTogether = groupOf(order, rows);
  const groups = Math.max(1, Math.floor(usualBlock / Math.max(1, rowsTogether * width)));
  const size = groups * rowsTogether * width;
  const rowOf = storedRowOf(change, rows, config);
  let first = 0;
  for await (const piece of inPieces(blocks, size)) {
    if (change === "transposed") yield transposed({ shape: [rows, width], values: piece }).values;
    else if (change === "plus-one") yield piece.map((value) => value + 1);
    else if (rowOf === undefined) yield piece;
    else {
      const ordered = new Float32Array(piece.length);
      for (let row = 0; row * width < piece.length; row += 1)
        ordered.set(piece.subarray(row * width, (row + 1) * width), (rowOf(first + row) - first) * width);
      yield ordered;
    }
    first += piece.length / width;
  }
}

/** In each expert, one of several equal parts of its rows. */
async function* rowsOfPart(
  blocks: AsyncIterable<Float32Array>,
  [, rows = 1, width = 1]: readonly number[],
  { index, count }: NonNullable<WeightOrder["part"]>,
): AsyncGenerator<Float32Array> {
  let first = 0;
  for await (const piece of inPieces(blocks, Math.max(1, Math.floor(usualBlock / width)) * width)) {
    const all = Array.from({ length: piece.length / width }, (_, row) => row);
    const kept = all.filter((row) => Math.floor(((first + row) % rows) / (rows / count)) === index);
    const values = new Float32Array(kept.length * width);
    for (const [at, row] of kept.entries()) values.set(piece.subarray(row * width, (row + 1) * width), at * width);
    if (values.length > 0) yield values;
    first += piece.length / width;
  }
}

/** Number of rows that stay together in the file. */
function groupOf({ change, config }: WeightOrder, rows: number): number {
  if (change === "pairs-of-heads") return rows / config.heads;
  if (change === "pairs-of-key-heads") return rows / config.keyValueHeads;
  return change === "apart" || change === "transposed" ? rows : 1;
}

/** Cuts blocks into pieces of `size` numbers and a rest. */
async function* inPieces(blocks: AsyncIterable<Float32Array>, size: number): AsyncGenerator<Float32Array> {
  let piece = new Float32Array(size);
  let filled = 0;
  for await (const block of blocks) {
    for (let from = 0; from < block.length; ) {
      const part = block.subarray(from, from + size - filled);
      piece.set(part, filled);
      filled += part.length;
      from += part.length;
      if (filled < size) continue;
      yield piece;
      piece = new Float32Array(size);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
