// Several matrices of blocks one below the other.

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
  const scales =
    first.scales instanceof Float32Array
      ? joined(
          matrices.map((matrix) => matrix.scales),
          Float32Array,
        )
      : joined(
          matrices.map((matrix) => matrix.scales),
          Uint16Array,
        );
  const minima = joined(
    matrices.map((matrix) => matrix.minima ?? []),
    Uint16Array,
  );
  return { ...first, rows, codes, scales, ...(first.minima === undefined ? {} : { minima }) };
}

function isAlike(one: BlockMatrix, other: BlockMatrix): boolean {
  return (
    one.columns === other.columns &&
    one.blockSize === other.blockSize &&
    one.codeBits === other.codeBits &&
    one.scales.constructor === other.scales.constructor &&
    (one.minima === undefined) === (other.minima === undefined) &&
    one.levels.every((level, code) => level === other.levels[code])
  );
}

interface Numbers extends ArrayLike<number> {
  set(values: ArrayLike<number>, offset: number): void;
}

function joined<Kind extends Numbers>(parts: readonly ArrayLike<number>[], Kind: new (length: number) => Kind): Kind {
  const whole = new Kind(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
