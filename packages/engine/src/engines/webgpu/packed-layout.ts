// A packed matrix as the words of one GPU buffer, and WGSL that reads its entries. One buffer, because a shader has eight on
// any device, and scales and minima in steps alone are four arrays.

import { type BlockNumbers, isStepped } from "../../packed/block-numbers.ts";
import { evenLevels } from "../../packed/even-levels.ts";
import { type BlockMatrix, blocksPerRow, type HalfMatrix, type PackedMatrix } from "../../packed/packed-matrix.ts";

/** Where a matrix's arrays are in its buffer, and how its entries are read. */
export interface PackedLayout {
  /** Of words `matrix: array<u32>`: the function `entryOf(row: u32, column: u32) -> f32`. Equal where matrices are read alike. */
  readonly declarations: string;
  /** The u32 numbers that `declarations` use. */
  readonly numbers: Readonly<Record<string, number>>;
  /** What the buffer holds, each from byte `at` on, a whole word. */
  readonly arrays: readonly { readonly at: number; readonly array: ArrayBufferView }[];
  /** Bytes of the buffer. */
  readonly size: number;
}

export function packedLayout(matrix: PackedMatrix): PackedLayout {
  const words = new Words();
  const code = matrix.kind === "blocks" ? blocksReader(matrix, words) : halvesReader(matrix, words);
  const { arrays, size, places } = words;
  return { declarations: readers + code, numbers: { width: matrix.columns, ...places }, arrays, size };
}

class Words {
  readonly arrays: { readonly at: number; readonly array: ArrayBufferView }[] = [];
  /** Where arrays begin, in words, by name. */
  readonly places: Record<string, number> = {};
  size = 0;

  place(name: string, array: ArrayBufferView): void {
    this.places[name] = this.size / 4;
    this.arrays.push({ at: this.size, array });
    this.size += Math.ceil(array.byteLength / 4) * 4;
  }
}

/** Entry i of an array that begins at word `at`. */
const readers = `
fn f32At(at: u32, i: u32) -> f32 { return bitcast<f32>(matrix[at + i]); }
fn u16At(at: u32, i: u32) -> u32 { return extractBits(matrix[at + i / 2], i % 2 * 16, 16u); }
fn f16At(at: u32, i: u32) -> f32 { return unpack2x16float(u16At(at, i)).x; }
fn u8At(at: u32, i: u32) -> u32 { return extractBits(matrix[at + i / 4], i % 4 * 8, 8u); }
fn i8At(at: u32, i: u32) -> f32 { return f32(i32(u8At(at, i) << 24) >> 24); }
`;

function halvesReader({ kind, bits }: HalfMatrix, words: Words): string {
  words.place("bits", bits);
  const entry = { f16: "f16At(numbers.bits, i)", bf16: "bitcast<f32>(u16At(numbers.bits, i) << 16)" }[kind];
  return `fn entryOf(row: u32, column: u32) -> f32 {
  let i = row * numbers.width + column;
  return ${entry};
}`;
}

function blocksReader(matrix: BlockMatrix, words: Words): string {
  const { codeBits, blockSize, codes, minima } = matrix;
  words.place("codes", codes);
  const code =
    codeBits === 8
      ? "u8At(numbers.codes, row * numbers.width + column)"
      : "(u8At(numbers.codes, row * ((numbers.width + 1) / 2) + column / 2) >> (column % 2 * 4)) & 15";
  // A whole row may be one block, of a size that differs from matrix to matrix.
  const block =
    blocksPerRow(matrix) === 1
      ? "row"
      : `row * ((numbers.width + ${blockSize - 1}) / ${blockSize}) + column / ${blockSize}`;
  const scale = numberReader("scales", matrix.scales, words);
  const minimum = minima === undefined ? "" : ` + ${numberReader("minima", minima, words)}`;
  return `fn entryOf(row: u32, column: u32) -> f32 {
  let code = ${code};
  let block = ${block};
  return ${levelReader(matrix, words)} * ${scale}${minimum};
}`;
}

/** The value of `code`. */
function levelReader(matrix: BlockMatrix, words: Words): string {
  const even = evenLevels(matrix);
  // A step that is no float32 would be another number in the shader, or none.
  if (even === undefined || Math.fround(even.step) !== even.step) {
    words.place("levels", matrix.levels);
    return "f32At(numbers.levels, code)";
  }
  const half = 2 ** (matrix.codeBits - 1);
  const place = `(i32(code${even.isSigned ? ` ^ ${half}` : ""}) - ${half})`;
  return `(f32(${place}) * f32(${even.step}) + f32(${even.middle}))`;
}

/** The number of `block`. */
function numberReader(name: string, numbers: BlockNumbers, words: Words): string {
  if (!isStepped(numbers)) {
    words.place(name, numbers);
    return `${numbers instanceof Float32Array ? "f32At" : "f16At"}(numbers.${name}, block)`;
  }
  words.place(name, numbers.multiples);
  words.place(`${name}Steps`, numbers.steps);
  return `(f16At(numbers.${name}Steps, block / ${numbers.span}) * i8At(numbers.${name}, block))`;
}
