// Packed numbers → float32 in plain JavaScript: for matrices that the kernel does not support, and if WebAssembly is missing. The
// loops read tables rather than compute, which V8 does best, and round like the kernel: product and sum each to float32.

import { f16Values } from "@lowrank/contracts/internal";
import { readNumbers } from "./block-numbers.ts";
import {
  type BlockMatrix,
  blocksPerRow,
  bytesPerRow,
  type HalfMatrix,
  type MatrixPart,
  type PackedMatrix,
} from "./packed-matrix.ts";

/** Writes a part, which was checked, to the beginning of `target`, row by row. */
export function decodeByLoops(target: Float32Array, matrix: PackedMatrix, part: MatrixPart): void {
  if (matrix.kind === "blocks") decodeBlocks(target, matrix, part);
  else if (matrix.kind === "bf16") decodeBf16(target, matrix, part);
  else decodeF16(target, matrix, part);
}

function decodeBf16(target: Float32Array, matrix: HalfMatrix, part: MatrixPart): void {
  const { bits } = matrix;
  const words = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let row = 0, at = 0; row < part.rows; row++) {
    let from = (part.firstRow + row) * matrix.columns + part.firstColumn;
    for (const end = at + part.columns; at < end; at++) words[at] = bits[from++]! << 16;
  }
}

function decodeF16(target: Float32Array, matrix: HalfMatrix, part: MatrixPart): void {
  const { bits } = matrix;
  const values = f16Values();
  for (let row = 0, at = 0; row < part.rows; row++) {
    let from = (part.firstRow + row) * matrix.columns + part.firstColumn;
    for (const end = at + part.columns; at < end; at++) target[at] = values[bits[from++]!]!;
  }
}

function decodeBlocks(target: Float32Array, matrix: BlockMatrix, part: MatrixPart): void {
  if (matrix.codeBits === 4) decodeNibbles(target, matrix, part);
  else decodeBytes(target, matrix, part);
}

function decodeNibbles(target: Float32Array, matrix: BlockMatrix, part: MatrixPart): void {
  const { codes, blockSize } = matrix;
  const { lower, upper } = pairsOf(matrix.levels);
  const { scales, minima } = numbersOf(matrix, part);
  let at = 0;
  let block = 0;
  for (let row = part.firstRow; row < part.firstRow + part.rows; row++) {
    let from = row * bytesPerRow(matrix) + part.firstColumn / 2;
    for (let column = 0; column < part.columns; column += blockSize, block++) {
      const scale = scales[block]!;
      const minimum = minima[block]!;
      const count = Math.min(blockSize, part.columns - column);
      for (const end = at + count - 1; at < end; at += 2) {
        const code = codes[from++]!;
        target[at] = Math.fround(scale * lower[code]!) + minimum;
        target[at + 1] = Math.fround(scale * upper[code]!) + minimum;
      }
      if (count % 2 === 1) target[at++] = Math.fround(scale * lower[codes[from++]!]!) + minimum;
    }
  }
}

function decodeBytes(target: Float32Array, matrix: BlockMatrix, part: MatrixPart): void {
  const { codes, blockSize, levels } = matrix;
  const { scales, minima } = numbersOf(matrix, part);
  let at = 0;
  let block = 0;
  for (let row = part.firstRow; row < part.firstRow + part.rows; row++) {
    let from = row * bytesPerRow(matrix) + part.firstColumn;
    for (let column = 0; column < part.columns; column += blockSize, block++) {
      const scale = scales[block]!;
      const minimum = minima[block]!;
      const count = Math.min(blockSize, part.columns - column);
      // Two at a time: with one, V8 takes twice as long.
      for (const end = at + count - 1; at < end; at += 2, from += 2) {
        target[at] = Math.fround(scale * levels[codes[from]!]!) + minimum;
        target[at + 1] = Math.fround(scale * levels[codes[from + 1]!]!) + minimum;
      }
      if (count % 2 === 1) target[at++] = Math.fround(scale * levels[codes[from++]!]!) + minimum;
    }
  }
}

/** Scale and minimum of each block of a part. */
function numbersOf(matrix: BlockMatrix, part: MatrixPart) {
  const count = Math.ceil(part.columns / matrix.blockSize);
  const [scales, minima] = [new Float32Array(part.rows * count), new Float32Array(part.rows * count)];
  for (let row = 0; row < part.rows; row++) {
    const first = (part.firstRow + row) * blocksPerRow(matrix) + part.firstColumn / matrix.blockSize;
    readNumbers(scales, matrix.scales, { first, count, at: row * count });
    if (matrix.minima !== undefined) readNumbers(minima, matrix.minima, { first, count, at: row * count });
  }
  return { scales, minima };
}

interface CodePairs {
  /** The values of the lower four bits of a byte. */
  readonly lower: Float32Array;
  readonly upper: Float32Array;
}

const pairTables = new WeakMap<Float32Array, CodePairs>();

/** By whole bytes, so that no bit is shifted or masked in the loop. */
function pairsOf(levels: Float32Array): CodePairs {
  const cached = pairTables.get(levels);
  if (cached !== undefined) return cached;
  const tableOf = (shift: number) =>
    Float32Array.from({ length: 256 }, (_, code) => levels[(code >> shift) & 15] ?? Number.NaN);
  const pairs = { lower: tableOf(0), upper: tableOf(4) };
  pairTables.set(levels, pairs);
  return pairs;
}
