// Decoding with the vector instructions of WebAssembly, four to seven times faster than loops in JavaScript (bench/README.md). The
// module works in its own small memory: packed bytes are copied into it, and products read the numbers there.

import { type BlockNumbers, readNumbers } from "./block-numbers.ts";
import { kernelModule } from "./decode-module.ts";
import {
  type BlockMatrix,
  blocksPerRow,
  bytesPerRow,
  type HalfMatrix,
  type MatrixPart,
  type PackedMatrix,
} from "./packed-matrix.ts";

/** Decodes parts of matrices that `kernelTakes`. */
export interface DecodeKernel {
  /** The module's output; decoding into its beginning saves a copy. */
  readonly output: Float32Array;
  /** As `decodeInto`, of a part that was checked. */
  decode(target: Float32Array, matrix: PackedMatrix, part: MatrixPart): void;
  /** The transpose [columns, rows] of a part that `transposesPart`, in memory that the next call overwrites. */
  decodeTransposed(matrix: PackedMatrix, part: MatrixPart): Float32Array;
  /**
   * A part of a matrix that `hasCodes`, of at most `maxCodes` entries, each divided by the step of its row, rounded, and added to
   * `zero`; in memory that the next call overwrites.
   */
  codes(matrix: BlockMatrix, part: MatrixPart, rounding: CodeRounding): Uint8Array;
  /** x·Mᵀ of a matrix M that `multipliesRows`, for x [few rows, columns of M] → [few rows, rows of M]. */
  multiplyRows(x: Float32Array, matrix: PackedMatrix): Float32Array;
}

/** How entries become 8-bit codes. */
interface CodeRounding {
  /** [rows of the matrix] */
  readonly steps: Float32Array;
  /** The code of 0. */
  readonly zero: 0 | 128;
}

/** Entries that become 8-bit codes at one time. */
export const maxCodes = 1 << 22;

/** Numbers that are decoded at one time. */
const capacity = 1 << 21;
const smallestBlock = 16;
const maxBlocks = capacity / smallestBlock;

// Addresses. Bytes after the codes and the output may be overwritten, because four numbers are computed at a time.
const scalesAt = 4096;
const minimaAt = scalesAt + 4 * maxBlocks;
const factorsAt = minimaAt + 4 * maxBlocks;
const codesAt = factorsAt + 4 * maxBlocks;
const outputAt = codesAt + 2 * capacity + 4096;
/** Entries that are decoded before a row is multiplied by them: they stay in the processor's cache. */
const cached = 1 << 16;
const rowAt = outputAt + 4 * capacity + 4096;
const productsAt = rowAt + 4 * cached;
const pageBytes = 65_536;
const pages = Math.ceil((productsAt + 4 * cached) / pageBytes);

/** Whether rows are whole blocks of a size that the kernel's loops fit. */
export function kernelTakes(matrix: PackedMatrix, { columns }: MatrixPart): boolean {
  if (columns > capacity || columns === 0) return false;
  if (matrix.kind !== "blocks") return true;
  return matrix.blockSize % smallestBlock === 0 && columns % matrix.blockSize === 0;
}

/** Whether the kernel can transpose such a part. */
export function transposesPart(matrix: PackedMatrix, part: MatrixPart): boolean {
  const { rows, columns } = part;
  const isInFours = rows % 4 === 0 && columns % 4 === 0;
  return isInFours && 4 * columns <= cached && rows * columns <= capacity && kernelTakes(matrix, part);
}

/** Whether a kernel multiplies rows by it. */
export function multipliesRows(matrix: PackedMatrix): boolean {
  const { columns } = matrix;
  const row = { firstRow: 0, rows: 1, firstColumn: 0, columns };
  return columns % 16 === 0 && columns <= cached && kernelTakes(matrix, row);
}

/** Whether a kernel can make 8-bit codes of it. */
export function hasCodes({ codeBits, blockSize, columns }: BlockMatrix): boolean {
  return codeBits === 4 && blockSize % 32 === 0 && columns % blockSize === 0 && columns > 0 && columns <= maxCodes;
}

let kernel: DecodeKernel | undefined;
let isMissing = false;

/** Made on first use; undefined if WebAssembly or its vectors are missing or forbidden. */
export function decodeKernel(): DecodeKernel | undefined {
  if (kernel !== undefined || isMissing) return kernel;
  try {
    kernel = new WasmKernel();
  } catch {
    isMissing = true;
  }
  return kernel;
}

class WasmKernel implements DecodeKernel {
  readonly output: Float32Array;
  readonly #bytes: Uint8Array;
  readonly #halves: Uint16Array;
  readonly #tables: Float32Array;
  readonly #scales: Float32Array;
  readonly #minima: Float32Array;
  readonly #factors: Float32Array;
  readonly #row: Float32Array;
  readonly #products: Float32Array;
  readonly #functions: ReturnType<typeof kernelModule>;

  constructor() {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.#functions = kernelModule(memory);
    this.output = new Float32Array(memory.buffer, outputAt, capacity);
    this.#bytes = new Uint8Array(memory.buffer, codesAt, 2 * capacity);
    this.#halves = new Uint16Array(memory.buffer, codesAt, capacity);
    this.#tables = new Float32Array(memory.buffer, 0, 512);
    this.#scales = new Float32Array(memory.buffer, scalesAt, maxBlocks);
    this.#minima = new Float32Array(memory.buffer, minimaAt, maxBlocks);
    this.#factors = new Float32Array(memory.buffer, factorsAt, maxBlocks);
    this.#row = new Float32Array(memory.buffer, rowAt, cached);
    this.#products = new Float32Array(memory.buffer, productsAt, cached);
  }

  decode(target: Float32Array, matrix: PackedMatrix, part: MatrixPart): void {
    const isInPlace = target.buffer === this.output.buffer && target.byteOffset === outputAt;
    const step = Math.floor(capacity / part.columns);
    for (let row = 0; row < part.rows; row += step) {
      const rows = Math.min(step, part.rows - row);
      this.#decode(matrix, { ...part, firstRow: part.firstRow + row, rows }, outputAt);
      if (!isInPlace) target.set(this.output.subarray(0, rows * part.columns), row * part.columns);
    }
  }

  decodeTransposed(matrix: PackedMatrix, part: MatrixPart): Float32Array {
    const { firstRow, columns } = part;
    const [rowBytes, step] = [4 * columns, 4 * part.rows];
    const rowsAtOnce = Math.floor(cached / columns / 4) * 4;
    for (let begin = 0; begin < part.rows; begin += rowsAtOnce) {
      const rows = Math.min(rowsAtOnce, part.rows - begin);
      this.#decode(matrix, { ...part, firstRow: firstRow + begin, rows }, rowAt);
      for (let row = 0; row < rows; row += 4)
        this.#functions.turn(outputAt + 4 * (begin + row), rowAt + row * rowBytes, rowBytes, step);
    }
    return this.output.subarray(0, part.rows * columns);
  }

  #decode(matrix: PackedMatrix, part: MatrixPart, target: number): void {
    if (matrix.kind === "blocks") this.#decodeBlocks(matrix, part, target);
    else this.#decodeHalves(matrix, part, target);
  }

  #decodeHalves({ kind, bits, columns }: HalfMatrix, part: MatrixPart, target: number): void {
    copyRows(this.#halves, bits, { rowLength: columns, first: part.firstColumn, length: part.columns, part });
    this.#functions[kind](target, codesAt, codesAt + 2 * part.rows * part.columns);
  }

  codes(matrix: BlockMatrix, part: MatrixPart, { steps, zero }: CodeRounding): Uint8Array {
    const perRow = this.#copyBlocks(matrix, part);
    for (let row = 0; row < part.rows; row++) this.#factors[row] = 1 / (steps[part.firstRow + row] ?? 0);
    this.#tables.set(matrix.levels);
    this.#functions.codes(
      ...([outputAt, codesAt, 0, scalesAt, minimaAt, factorsAt] as const),
      ...([part.rows * perRow, perRow, matrix.blockSize / 2, zero] as const),
    );
    return new Uint8Array(this.output.buffer, outputAt, part.rows * part.columns);
  }

  multiplyRows(x: Float32Array, matrix: PackedMatrix): Float32Array {
    const { rows, columns } = matrix;
    const result = new Float32Array((x.length / columns) * rows);
    const step = Math.floor(cached / columns);
    for (let firstRow = 0; firstRow < rows; firstRow += step) {
      const count = Math.min(step, rows - firstRow);
      this.#decode(matrix, { firstRow, rows: count, firstColumn: 0, columns }, outputAt);
      for (let row = 0; row * columns < x.length; row++) {
        this.#row.set(x.subarray(row * columns, (row + 1) * columns));
        this.#functions.dots(productsAt, productsAt + 4 * count, outputAt, rowAt, 4 * columns);
        result.set(this.#products.subarray(0, count), row * rows + firstRow);
      }
    }
    return result;
  }

  #decodeBlocks(matrix: BlockMatrix, part: MatrixPart, target: number): void {
    const { codeBits, blockSize } = matrix;
    const perRow = this.#copyBlocks(matrix, part);
    this.#tables.set(codeBits === 4 ? pairsOf(matrix.levels) : matrix.levels);
    const decode = codeBits === 4 ? this.#functions.nibbles : this.#functions.bytes;
    decode(target, codesAt, 0, scalesAt, minimaAt, part.rows * perRow, blockSize * (codeBits / 8));
  }

  /** Codes, scales and minima into the kernel's memory; returns the blocks of a row. */
  #copyBlocks(matrix: BlockMatrix, part: MatrixPart): number {
    const { codeBits, blockSize, codes } = matrix;
    const scale = codeBits / 8; // bytes of a code
    const codeRow = { rowLength: bytesPerRow(matrix), first: part.firstColumn * scale, length: part.columns * scale };
    copyRows(this.#bytes, codes, { ...codeRow, part });
    const perRow = part.columns / blockSize;
    const blockRow = { rowLength: blocksPerRow(matrix), first: part.firstColumn / blockSize, length: perRow, part };
    copyNumbers(this.#scales, matrix.scales, blockRow);
    if (matrix.minima === undefined) this.#minima.fill(0, 0, part.rows * perRow);
    else copyNumbers(this.#minima, matrix.minima, blockRow);
    return perRow;
  }
}

/** A stretch of every row of a part. */
interface RowRange {
  readonly rowLength: number;
  readonly first: number;
  readonly length: number;
  readonly part: MatrixPart;
}

type Numbers = Float32Array | Uint16Array | Uint8Array;

function copyRows(target: Numbers, source: Numbers, { rowLength, first, length, part }: RowRange): void {
  const begin = part.firstRow * rowLength + first;
  if (length === rowLength) {
    target.set(source.subarray(begin, begin + part.rows * rowLength));
    return;
  }
  for (let row = 0; row < part.rows; row++) {
    const from = begin + row * rowLength;
    target.set(source.subarray(from, from + length), row * length);
  }
}

function copyNumbers(target: Float32Array, source: BlockNumbers, { rowLength, first, length, part }: RowRange): void {
  const begin = part.firstRow * rowLength + first;
  if (length === rowLength) {
    readNumbers(target, source, { first: begin, count: part.rows * length, at: 0 });
    return;
  }
  for (let row = 0; row < part.rows; row++)
    readNumbers(target, source, { first: begin + row * rowLength, count: length, at: row * length });
}

const pairTables = new WeakMap<Float32Array, Float32Array>();

/** The two numbers of each byte, next to each other. */
function pairsOf(levels: Float32Array): Float32Array {
  const cached = pairTables.get(levels);
  if (cached !== undefined) return cached;
  const code = (index: number) => (index % 2 === 0 ? (index >> 1) & 15 : index >> 5);
  const pairs = Float32Array.from({ length: 512 }, (_, index) => levels[code(index)] ?? Number.NaN);
  pairTables.set(levels, pairs);
  return pairs;
}
