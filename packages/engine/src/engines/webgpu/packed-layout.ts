// A packed matrix as the words of one GPU buffer, and WGSL that reads its entries. One buffer, because a shader has eight on
// any device, and scales and minima in steps alone are four arrays.

import { type BlockNumbers, isStepped } from "../../packed/block-numbers.ts";
import { evenLevels } from "../../packed/even-levels.ts";
import { type BlockMatrix, blocksPerRow, type HalfMatrix, type PackedMatrix } from "../../packed/packed-matrix.ts";

/** Where a matrix's arrays are in its buffer, and how its entries are read. */
export interface PackedLayout {
  /** Of words `$: array<u32>`, `$` for any name: the function `$Entry(row: u32, column: u32) -> f32`. Equal where matrices are read alike. */
  readonly declarations: string;
  /** The u32 numbers that `declarations` use: `numbers.$_width` is "width". */
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

/** The `declarations` for words of this name, so that one shader can read several matrices. */
export function readerOf({ declarations }: Pick<PackedLayout, "declarations">, name: string): string {
  return declarations.replaceAll("$", name);
}

/** The `numbers` that `readerOf` uses. */
export function numbersOf({ numbers }: Pick<PackedLayout, "numbers">, name: string): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(numbers).map(([number, value]) => [`${name}_${number}`, value]));
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
fn $F32At(at: u32, i: u32) -> f32 { return bitcast<f32>($[at + i]); }
fn $U16At(at: u32, i: u32) -> u32 { return extractBits($[at + i / 2], i % 2 * 16, 16u); }
fn $F16At(at: u32, i: u32) -> f32 { return unpack2x16float($U16At(at, i)).x; }
fn $U8At(at: u32, i: u32) -> u32 { return extractBits($[at + i / 4], i % 4 * 8, 8u); }
fn $I8At(at: u32, i: u32) -> f32 { return f32(i32($U8At(at, i) << 24) >> 24); }
`;

function halvesReader({ kind, bits }: HalfMatrix, words: Words): string {
  words.place("bits", bits);
  const entry = { f16: "$F16At(numbers.$_bits, i)", bf16: "bitcast<f32>($U16At(numbers.$_bits, i) << 16)" }[kind];
  return `fn $Entry(row: u32, column: u32) -> f32 {
  let i = row * numbers.$_width + column;
  return ${entry};
}`;
}

function blocksReader(matrix: BlockMatrix, words: Words): string {
  const { codeBits, blockSize, codes, minima } = matrix;
  words.place("codes", codes);
  const code =
    codeBits === 8
      ? "$U8At(numbers.$_codes, row * numbers.$_width + column)"
      : "($U8At(numbers.$_codes, row * ((numbers.$_width + 1) / 2) + column / 2) >> (column % 2 * 4)) & 15";
  // A whole row may be one block, of a size that differs from matrix to matrix.
  const block =
    blocksPerRow(matrix) === 1
      ? "row"
      : `row * ((numbers.$_width + ${blockSize - 1}) / ${blockSize}) + column / ${blockSize}`;
  const scale = numberReader("scales", matrix.scales, words);
  const minimum = minima === undefined ? "" : ` + ${numberReader("minima", minima, words)}`;
  return `fn $Entry(row: u32, column: u32) -> f32 {
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
    return "$F32At(numbers.$_levels, code)";
  }
  const half = 2 ** (matrix.codeBits - 1);
  const place = `(i32(code${even.isSigned ? ` ^ ${half}` : ""}) - ${half})`;
  return `(f32(${place}) * f32(${even.step}) + f32(${even.middle}))`;
}

/** The number of `block`. */
function numberReader(name: string, numbers: BlockNumbers, words: Words): string {
  if (!isStepped(numbers)) {
    words.place(name, numbers);
    return `${numbers instanceof Float32Array ? "$F32At" : "$F16At"}(numbers.$_${name}, block)`;
  }
  words.place(name, numbers.multiples);
  words.place(`${name}Steps`, numbers.steps);
  return `($F16At(numbers.$_${name}Steps, block / ${numbers.span}) * $I8At(numbers.$_${name}, block))`;
}
