// A weight's numbers, some rows at a time, as a GGUF file has them: rows in llama.cpp's order, matrices of Conv1D turned,
// Gemma's gains with 1 added.

import { transposed } from "@lowrank/adapter-format";
import type { ModelConfig } from "@lowrank/contracts/families";
import { type GgufChange, storedRowOf } from "@lowrank/contracts/families/gguf";

/** A weight as transformers has it, and what llama.cpp's converter does to it. */
export interface WeightOrder {
  readonly shape: readonly number[];
  readonly change: GgufChange | undefined;
  readonly config: ModelConfig;
}

/** About so many numbers are in memory at once, where rows stay near their places. */
const usualBlock = 1 << 18;

/** As a GGUF file has the shape. */
export function storedShape({ shape, change }: WeightOrder): readonly number[] {
  if (change === "one-channel") return shape.filter((_, axis) => axis !== 1);
  return change === "transposed" ? [...shape].reverse() : shape;
}

/**
 * The same numbers in the file's order, in pieces that depend on the order alone. Rows that trade places within a head pass
 * head by head; a matrix whose rows go anywhere is in memory whole.
 */
export async function* inStoredOrder(
  blocks: AsyncIterable<Float32Array>,
  order: WeightOrder,
): AsyncGenerator<Float32Array> {
  const { shape, change, config } = order;
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

/** Rows that stay together in the file. */
function groupOf({ change, config }: WeightOrder, rows: number): number {
  if (change === "pairs-of-heads") return rows / config.heads;
  if (change === "pairs-of-key-heads") return rows / config.keyValueHeads;
  return change === "apart" || change === "transposed" ? rows : 1;
}

/** Cut anew, into pieces of `size` numbers and a rest. */
async function* inPieces(blocks: AsyncIterable<Float32Array>, size: number): AsyncGenerator<Float32Array> {
  let piece = new Float32Array(size);
  let filled = 0;
  for await (const block of blocks) {
    for (let from = 0; from < block.length; ) {
      const taken = block.subarray(from, from + size - filled);
      piece.set(taken, filled);
      filled += taken.length;
      from += taken.length;
      if (filled < size) continue;
      yield piece;
      piece = new Float32Array(size);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
