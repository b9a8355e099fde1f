// Decoding with the vector instructions of WebAssembly, four to seven times faster than loops in JavaScript (bench/README.md). The
// module works in its own small memory: packed bytes are copied into it, and products read the numbers there.

import { type BlockNumbers, readNumbers } from "./block-numbers.ts";
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
      this.#decode(matrix, { ...part, firstRow: part.firstRow + row, rows });
      if (!isInPlace) target.set(this.output.subarray(0, rows * part.columns), row * part.columns);
    }
  }

  #decode(matrix: PackedMatrix, part: MatrixPart): void {
    if (matrix.kind === "blocks") this.#decodeBlocks(matrix, part);
    else this.#decodeHalves(matrix, part);
  }

  #decodeHalves({ kind, bits, columns }: HalfMatrix, part: MatrixPart): void {
    copyRows(this.#halves, bits, { rowLength: columns, first: part.firstColumn, length: part.columns, part });
    this.#functions[kind](outputAt, codesAt, codesAt + 2 * part.rows * part.columns);
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
      this.#decode(matrix, { firstRow, rows: count, firstColumn: 0, columns });
      for (let row = 0; row * columns < x.length; row++) {
        this.#row.set(x.subarray(row * columns, (row + 1) * columns));
        this.#functions.dots(productsAt, productsAt + 4 * count, outputAt, rowAt, 4 * columns);
        result.set(this.#products.subarray(0, count), row * rows + firstRow);
      }
    }
    return result;
  }

  #decodeBlocks(matrix: BlockMatrix, part: MatrixPart): void {
    const { codeBits, blockSize } = matrix;
    const perRow = this.#copyBlocks(matrix, part);
    this.#tables.set(codeBits === 4 ? pairsOf(matrix.levels) : matrix.levels);
    const decode = codeBits === 4 ? this.#functions.nibbles : this.#functions.bytes;
    decode(outputAt, codesAt, 0, scalesAt, minimaAt, part.rows * perRow, blockSize * (codeBits / 8));
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
  const known = pairTables.get(levels);
  if (known !== undefined) return known;
  const code = (index: number) => (index % 2 === 0 ? (index >> 1) & 15 : index >> 5);
  const pairs = Float32Array.from({ length: 512 }, (_, index) => levels[code(index)] ?? Number.NaN);
  pairTables.set(levels, pairs);
  return pairs;
}

// decode-kernel.wat, compiled: as text, so that no bundler has to know about WebAssembly files. A test compiles the source
// again and compares.

/** The module's bytes in base64. */
export const kernelBase64: string = /* @__PURE__ */ [
  "AGFzbQEAAAABJgRgB39/f39/f38AYAp/f39/f39/f39/AGAFf39/f38AYAN/f38AAhIBBmZyb3plbgZtZW1vcnkCAAEDBwYAAAECAwMHLwYHbmliYmxl",
  "cwAABWJ5dGVzAAEFY29kZXMAAgRkb3RzAAMEYmYxNgAEA2YxNgAFCtAIBrgBAwJ7An8BewNAIAP9CQIAIQcgBP0JAgAhCCABIAZqIQoDQCABKAIAIQkg",
  "ACAIIAcgAiAJQQV2QfgPcWogAiAJQQN0QfgPcWr9XQMA/VcDAAH95gH95AH9CwQAIAAgCCAHIAIgCUEVdkH4D3FqIAIgCUENdkH4D3Fq/V0DAP1XAwAB",
  "/eYB/eQB/QsEECAAQSBqIQAgAUEEaiIBIApJDQALIANBBGohAyAEQQRqIQQgBUEBayIFDQALC6cBAgJ7An8DQCAD/QkCACEHIAT9CQIAIQggASAGaiEK",
  "A0AgASgCACEJIAAgCCAHIAIgCUEWdkH8B3FqIAIgCUEOdkH8B3FqIAIgCUEGdkH8B3FqIAIgCUECdEH8B3Fq/VwCAP1WAgAB/VYCAAL9VgIAA/3mAf3k",
  "Af0LBAAgAEEQaiEAIAFBBGoiASAKSQ0ACyADQQRqIQMgBEEEaiEEIAVBAWsiBQ0ACwu4AgMCewJ/BXsDQCAF/QkCACEPIAchDQNAIA8gA/0JAgD95gEh",
  "CiAPIAT9CQIA/eYBIQsgCf0PIAsgCiAC/QAEAP3mAf3kAf1q/fgBIAsgCiAC/QAEEP3mAf3kAf1q/fgB/YUBIAsgCiAC/QAEIP3mAf3kAf1q/fgBIAsg",
  "CiAC/QAEMP3mAf3kAf1q/fgB/YUB/WX9biEOIAEgCGohDANAIAH9AAQAIRAgDiAQQQ/9D/1O/Q4hESAOIBBBBP1t/Q4hEiAAIBEgEv0NABABEQISAxME",
  "FAUVBhYHF/0LBAAgACARIBL9DQgYCRkKGgsbDBwNHQ4eDx/9CwQQIABBIGohACABQRBqIgEgDEkNAAsgA0EEaiEDIARBBGohBCAGQQFrIQYgDUEBayIN",
  "DQALIAVBBGohBSAGDQALC98BAgJ/BHsDQCADIQUgAiAEaiEG/QwAAAAAAAAAAAAAAAAAAAAAIQcgByEIIAchCSAHIQoDQCAHIAL9AAQAIAX9AAQA/eYB",
  "/eQBIQcgCCAC/QAEECAF/QAEEP3mAf3kASEIIAkgAv0ABCAgBf0ABCD95gH95AEhCSAKIAL9AAQwIAX9AAQw/eYB/eQBIQogBUHAAGohBSACQcAAaiIC",
  "IAZJDQALIAcgCP3kASAJIAr95AH95AEhByAAIAf9HwAgB/0fAZIgB/0fAiAH/R8DkpI4AgAgAEEEaiIAIAFJDQALCykAA0AgACAB/QQDAEEQ/asB/QsE",
  "ACAAQRBqIQAgAUEIaiIBIAJJDQALC6UBAQJ7A0AgAf0EAwAhAyAD/Qz/fwAA/38AAP9/AAD/fwAA/U5BDf2rASEEIAAgBP0MAACAdwAAgHcAAIB3AACA",
  "d/3mASAE/QwAAIAPAACADwAAgA8AAIAP/UD9DAAAgH8AAIB/AACAfwAAgH/9Tv1QIAP9DACAAAAAgAAAAIAAAACAAAD9TkEQ/asB/VD9CwQAIABBEGoh",
  "ACABQQhqIgEgAkkNAAsL",
].join("");

/** Addresses in bytes; see decode-kernel.wat. */
type DecodeBlocks = (
  target: number,
  codes: number,
  table: number,
  scales: number,
  minima: number,
  blocks: number,
  blockBytes: number,
) => void;

type MakeCodes = (
  target: number,
  codes: number,
  levels: number,
  scales: number,
  minima: number,
  factors: number,
  blocks: number,
  blocksPerRow: number,
  blockBytes: number,
  zero: number,
) => void;

/** Writes products up to `end`. */
type MultiplyRow = (target: number, end: number, matrix: number, x: number, rowBytes: number) => void;

/** Reads bits from their address up to `end`. */
type DecodeHalves = (target: number, bits: number, end: number) => void;

/** The module's exports. */
interface KernelFunctions {
  readonly nibbles: DecodeBlocks;
  readonly bytes: DecodeBlocks;
  readonly codes: MakeCodes;
  readonly dots: MultiplyRow;
  readonly bf16: DecodeHalves;
  readonly f16: DecodeHalves;
}

/** Compiles the module for a memory. Throws if WebAssembly or its vectors are missing or forbidden. */
function kernelModule(memory: WebAssembly.Memory): KernelFunctions {
  const bytes = Uint8Array.from(atob(kernelBase64), (character) => character.charCodeAt(0));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { frozen: { memory } });
  // The exports of the bytes above are known.
  return exports as unknown as KernelFunctions;
}
