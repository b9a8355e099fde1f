// Several matrices of blocks one below the other.

import { joined, joinNumbers } from "../packed/block-numbers.ts";
import type { BlockMatrix } from "../packed/packed-matrix.ts";

/** The matrix with the rows of all, or undefined if their blocks or columns are of different kinds. */
export function joinBlocks(matrices: readonly BlockMatrix[]): BlockMatrix | undefined {
  const [first] = matrices;
  if (first === undefined || !matrices.every((matrix) => isAlike(matrix, first))) return undefined;
  const rows = matrices.reduce((sum, matrix) => sum + matrix.rows, 0);
  const codes = joined(
    matrices.map((matrix) => matrix.codes),
    Uint8Array,
  );
  const scales = joinNumbers(matrices.map((matrix) => matrix.scales));
  if (scales === undefined) return undefined;
  if (first.minima === undefined) return { ...first, rows, codes, scales };
  const minima = joinNumbers(matrices.flatMap((matrix) => (matrix.minima === undefined ? [] : [matrix.minima])));
  return minima && { ...first, rows, codes, scales, minima };
}

function isAlike(one: BlockMatrix, other: BlockMatrix): boolean {
  return (
    one.columns === other.columns &&
    one.blockSize === other.blockSize &&
    one.codeBits === other.codeBits &&
    (one.minima === undefined) === (other.minima === undefined) &&
    one.levels.every((level, code) => level === other.levels[code])
  );
}
