// Integers in groups along the rows of a matrix: a number is (code − zero) · scale, with the scale and the zero point of its group.
// GPTQ, AWQ and compressed-tensors all store these, each in an order of its own.

import { f16Values, halfBits } from "@lowrank/contracts/internal";
import type { BlockMatrix, PackedMatrix } from "@lowrank/engine/internal";

/** A matrix of integers in groups, in the engine's order: row by row, two 4-bit codes in a byte, the even column in the lower half. */
export interface GroupedCodes {
  readonly rows: number;
  readonly columns: number;
  readonly codeBits: 4 | 8;
  readonly codes: Uint8Array;
  /** [rows, groups]; a Uint16Array holds the bits of f16 numbers. */
  readonly scales: Float32Array | Uint16Array;
  /** [rows, groups]; absent: the middle code. */
  readonly zeros?: Uint8Array | undefined;
  /** The group of each column; absent: groups of equal length, one after another. With GPTQ's act-order they need not be contiguous. */
  readonly groupOf?: Int32Array | undefined;
}

/** Blocks with a scale, and with a minimum if zero points differ from the middle; 16-bit numbers if groups do not fit blocks. */
export function groupedMatrix(grouped: GroupedCodes, half: "f16" | "bf16"): PackedMatrix {
  const { rows, columns, codeBits, codes, scales, zeros, groupOf } = grouped;
  const groups = scales.length / rows;
  const groupSize = groupOf === undefined ? columns / groups : contiguousGroupSize(groupOf, groups);
  if (groupSize === undefined || !(groupSize % 2 === 0 || groups === 1)) {
    const order =
      groupOf ?? Int32Array.from({ length: columns }, (_, column) => Math.floor((column * groups) / columns));
    return { kind: half, rows, columns, bits: halfBits(valuesOf(grouped, order), half) };
  }
  const blocks: BlockMatrix = {
    kind: "blocks",
    rows,
    columns,
    blockSize: groupSize + (groupSize % 2),
    codeBits,
    levels: codeBits === 4 ? centredNibbles : centredBytes,
    codes,
    scales,
  };
  const middle = 2 ** (codeBits - 1);
  return zeros?.some((zero) => zero !== middle) ? { ...blocks, minima: minimaOf(scales, zeros, middle) } : blocks;
}

const centredNibbles = Float32Array.from({ length: 16 }, (_, code) => code - 8);
const centredBytes = Float32Array.from({ length: 256 }, (_, code) => code - 128);

/** −scale · (zero − middle): exact for 16-bit scales. As multiples of f16 scales, they take a byte each. */
function minimaOf(
  scales: GroupedCodes["scales"],
  zeros: Uint8Array,
  middle: number,
): NonNullable<BlockMatrix["minima"]> {
  if (scales instanceof Uint16Array && middle === 8)
    return { steps: scales, multiples: Int8Array.from(zeros, (zero) => middle - zero), span: 1 };
  return numbersOf(scales).map((scale, index) => scale * (middle - (zeros[index] ?? 0)));
}

/** Row by row, before rounding. */
function valuesOf({ rows, columns, codeBits, codes, scales, zeros }: GroupedCodes, groupOf: Int32Array): Float32Array {
  const values = new Float32Array(rows * columns);
  const groups = scales.length / rows;
  const steps = numbersOf(scales);
  const rowBytes = codes.length / rows;
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const byte = codes[row * rowBytes + (codeBits === 8 ? column : column >> 1)]!;
      const code = codeBits === 8 ? byte : (byte >> (4 * (column & 1))) & 15;
      const group = row * groups + groupOf[column]!;
      values[at] = (code - (zeros?.[group] ?? 2 ** (codeBits - 1))) * steps[group]!;
    }
  }
  return values;
}

function numbersOf(scales: GroupedCodes["scales"]): Float32Array {
  if (scales instanceof Float32Array) return scales;
  const values = f16Values();
  return Float32Array.from(scales, (bits) => values[bits]!);
}

/** The size of contiguous groups, or undefined for any other order. */
function contiguousGroupSize(groupOf: Int32Array, groups: number): number | undefined {
  const end = groupOf.findIndex((group) => group !== 0);
  const size = end < 0 ? groupOf.length : end;
  const isContiguous = size > 0 && (size % 2 === 0 || groups === 1) && Math.ceil(groupOf.length / size) === groups;
  return isContiguous && groupOf.every((group, column) => group === Math.floor(column / size)) ? size : undefined;
}
