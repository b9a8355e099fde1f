// Packed numbers → float32. Every product with a packed weight goes through `decodeInto`, so an engine that can decode
// faster has one function to replace.

import { currentBackend } from "../engines/backends.ts";
import { ArgumentError } from "../errors.ts";
import { decodeKernel, kernelTakes } from "../packed/decode-kernel.ts";
import { decodeByLoops } from "../packed/decode-loops.ts";
import type { MatrixPart, PackedMatrix } from "../packed/packed-matrix.ts";

/** Writes a part of a packed matrix to the beginning of `target`, row by row. Throws ArgumentError. */
export function decodeInto(target: Float32Array, matrix: PackedMatrix, part: MatrixPart): void {
  checkPart(target, matrix, part);
  const kernel = kernelTakes(matrix, part) ? decodeKernel() : undefined;
  if (kernel === undefined) decodeByLoops(target, matrix, part);
  else kernel.decode(target, matrix, part);
}

function checkPart(target: Float32Array, matrix: PackedMatrix, part: MatrixPart): void {
  const { firstRow, rows, firstColumn, columns } = part;
  const isWithin =
    [firstRow, rows, firstColumn, columns].every((size) => Number.isSafeInteger(size) && size >= 0) &&
    firstRow + rows <= matrix.rows &&
    firstColumn + columns <= matrix.columns &&
    rows * columns <= target.length;
  if (!isWithin) {
    const expected = `a part of [${matrix.rows}, ${matrix.columns}] that fits into ${target.length} numbers`;
    throw new ArgumentError("decodeInto", "part", JSON.stringify(part), expected);
  }
  if (matrix.kind === "blocks" && firstColumn % matrix.blockSize !== 0)
    throw new ArgumentError("decodeInto", "firstColumn", firstColumn, `a multiple of ${matrix.blockSize}`);
}

let buffer = new Float32Array(0);

/**
 * An array of `size` numbers to decode into. The next call overwrites it: before then, dispose of tensors made of it and drop other
 * references to it.
 */
export function decodeBuffer(size: number): Float32Array {
  if (!currentBackend()?.computesAtOnce) return new Float32Array(size);
  const kernel = decodeKernel();
  // The kernel writes its results there, so that nothing is copied.
  if (kernel !== undefined && size <= kernel.output.length) return kernel.output.subarray(0, size);
  if (buffer.length < size) buffer = new Float32Array(size);
  return buffer.subarray(0, size);
}
