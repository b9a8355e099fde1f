// Matrices in fewer bits than float32, as plain data on the host. Files' blocks are rearranged into this one layout when
// they are loaded (`@lowrank/models`), so that products need a decoder for it alone.

import { ArgumentError } from "../errors.ts";
import { type BlockNumbers, countOf, numberBytes } from "./block-numbers.ts";

/** A matrix of 16-bit floats, row by row. */
export interface HalfMatrix {
  readonly kind: "bf16" | "f16";
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns] */
  readonly bits: Uint16Array;
  /**
   * "bf16": products round their other factor to bf16 as well, as in PyTorch's autocast, if the engine has such products (tfjs-node) and
   * `kind` is "bf16". Default, and on every other engine: float32, which is exact.
   */
  readonly products?: "float32" | "bf16";
}

/**
 * A matrix of codes in blocks along its rows: an entry is `scale · levels[code] + minimum`, with the scale and the minimum
 * of its block. The last block of a row may be shorter; every row begins with a new one.
 */
export interface BlockMatrix {
  readonly kind: "blocks";
  readonly rows: number;
  readonly columns: number;
  /** Entries that share a scale; even. */
  readonly blockSize: number;
  readonly codeBits: 4 | 8;
  /** The value of each code: 16 or 256 numbers. */
  readonly levels: Float32Array;
  /** A byte for each code, or for two: the even column in the lower half. Every row begins with a new byte. */
  readonly codes: Uint8Array;
  /** [rows, blocks of a row] */
  readonly scales: BlockNumbers;
  /** As `scales`; absent: all zero. */
  readonly minima?: BlockNumbers;
  /**
   * "int8": products round both factors to 8 bits, each row by its largest entry, on an engine that has such products (native)
   * for codes of 4 bits. Default, and everywhere else: float32.
   */
  readonly products?: "float32" | "int8";
}

/** A matrix in fewer bits than float32. */
export type PackedMatrix = HalfMatrix | BlockMatrix;

/** Blocks in a row of a matrix. */
export function blocksPerRow({ columns, blockSize }: BlockMatrix): number {
  return Math.ceil(columns / blockSize);
}

/** Bytes of codes in a row of a matrix. */
export function bytesPerRow({ columns, codeBits }: BlockMatrix): number {
  return codeBits === 8 ? columns : Math.ceil(columns / 2);
}

/** Memory of a packed matrix; tables of levels, which matrices share, are not counted. */
export function packedBytes(matrix: PackedMatrix): number {
  if (matrix.kind !== "blocks") return matrix.bits.byteLength;
  return matrix.codes.byteLength + numberBytes(matrix.scales) + (matrix.minima ? numberBytes(matrix.minima) : 0);
}

/** Throws ArgumentError unless every array has the length that rows and columns require. */
export function checkPacked(where: string, matrix: PackedMatrix): void {
  const { rows, columns } = matrix;
  checkSize(where, "rows", rows);
  checkSize(where, "columns", columns);
  if (matrix.kind === "blocks") checkBlocks(where, matrix);
  else checkLength(where, "bits", matrix.bits, rows * columns);
}

function checkBlocks(where: string, matrix: BlockMatrix): void {
  const { rows, blockSize, codeBits } = matrix;
  checkSize(where, "blockSize", blockSize);
  if (blockSize === 0 || blockSize % 2 !== 0) throw new ArgumentError(where, "blockSize", blockSize, "an even number");
  checkLength(where, "levels", matrix.levels, 2 ** codeBits);
  checkLength(where, "codes", matrix.codes, rows * bytesPerRow(matrix));
  checkLength(where, "scales", { length: countOf(matrix.scales) }, rows * blocksPerRow(matrix));
  if (matrix.minima !== undefined)
    checkLength(where, "minima", { length: countOf(matrix.minima) }, rows * blocksPerRow(matrix));
}

function checkSize(where: string, argument: string, size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw new ArgumentError(where, argument, size, "a whole number");
}

function checkLength(where: string, argument: string, { length }: { readonly length: number }, expected: number): void {
  if (length !== expected) throw new ArgumentError(where, `${argument}.length`, length, String(expected));
}

/** A rectangle of a matrix. */
export interface MatrixPart {
  readonly firstRow: number;
  readonly rows: number;
  /** In a matrix of blocks, a multiple of the block's size. */
  readonly firstColumn: number;
  readonly columns: number;
}
