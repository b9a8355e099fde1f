// Decoding with the vector instructions of WebAssembly, four to seven times faster than loops in JavaScript
// (bench/README.md). The module works in a small memory of its own: packed bytes are copied in, and products read the
// numbers where it writes them.

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
  /** Where numbers are written; decoding into its beginning saves a copy. */
  readonly output: Float32Array;
  /** As `decodeInto`, of a part that was checked. */
  decode(target: Float32Array, matrix: PackedMatrix, part: MatrixPart): void;
  /**
   * A part of a matrix that `hasCodes`, of at most `maxCodes` entries, each divided by the step of its row, rounded, and added to
   * `zero`; in memory that the next call overwrites.
   */
  codes(matrix: BlockMatrix, part: MatrixPart, rounding: CodeRounding): Uint8Array;
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

// Addresses. What follows the codes and the output may be touched, because four numbers are made at a time.
const scalesAt = 4096;
const minimaAt = scalesAt + 4 * maxBlocks;
const factorsAt = minimaAt + 4 * maxBlocks;
const codesAt = factorsAt + 4 * maxBlocks;
const outputAt = codesAt + 2 * capacity + 4096;
const pageBytes = 65_536;
const pages = Math.ceil((outputAt + 4 * capacity + 4096) / pageBytes);

/** Whether rows are whole blocks of a size that the kernel's loops fit. */
export function kernelTakes(matrix: PackedMatrix, { columns }: MatrixPart): boolean {
  if (columns > capacity || columns === 0) return false;
  if (matrix.kind !== "blocks") return true;
  return matrix.blockSize % smallestBlock === 0 && columns % matrix.blockSize === 0;
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
interface Stretch {
  readonly rowLength: number;
  readonly first: number;
  readonly length: number;
  readonly part: MatrixPart;
}

type Numbers = Float32Array | Uint16Array | Uint8Array;

function copyRows(target: Numbers, source: Numbers, { rowLength, first, length, part }: Stretch): void {
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

function copyNumbers(target: Float32Array, source: BlockNumbers, { rowLength, first, length, part }: Stretch): void {
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
  "AGFzbQEAAAABHgNgB39/f39/f38AYAp/f39/f39/f39/AGADf39/AAISAQZmcm96ZW4GbWVtb3J5AgABAwYFAAABAgIHKAUHbmliYmxl",
  "cwAABWJ5dGVzAAEFY29kZXMAAgRiZjE2AAMDZjE2AAQK7wYFuAEDAnsCfwF7A0AgA/0JAgAhByAE/QkCACEIIAEgBmohCgNAIAEoAgAh",
  "CSAAIAggByACIAlBBXZB+A9xaiACIAlBA3RB+A9xav1dAwD9VwMAAf3mAf3kAf0LBAAgACAIIAcgAiAJQRV2QfgPcWogAiAJQQ12QfgP",
  "cWr9XQMA/VcDAAH95gH95AH9CwQQIABBIGohACABQQRqIgEgCkkNAAsgA0EEaiEDIARBBGohBCAFQQFrIgUNAAsLpwECAnsCfwNAIAP9",
  "CQIAIQcgBP0JAgAhCCABIAZqIQoDQCABKAIAIQkgACAIIAcgAiAJQRZ2QfwHcWogAiAJQQ52QfwHcWogAiAJQQZ2QfwHcWogAiAJQQJ0",
  "QfwHcWr9XAIA/VYCAAH9VgIAAv1WAgAD/eYB/eQB/QsEACAAQRBqIQAgAUEEaiIBIApJDQALIANBBGohAyAEQQRqIQQgBUEBayIFDQAL",
  "C7gCAwJ7An8FewNAIAX9CQIAIQ8gByENA0AgDyAD/QkCAP3mASEKIA8gBP0JAgD95gEhCyAJ/Q8gCyAKIAL9AAQA/eYB/eQB/Wr9+AEg",
  "CyAKIAL9AAQQ/eYB/eQB/Wr9+AH9hQEgCyAKIAL9AAQg/eYB/eQB/Wr9+AEgCyAKIAL9AAQw/eYB/eQB/Wr9+AH9hQH9Zf1uIQ4gASAI",
  "aiEMA0AgAf0ABAAhECAOIBBBD/0P/U79DiERIA4gEEEE/W39DiESIAAgESAS/Q0AEAERAhIDEwQUBRUGFgcX/QsEACAAIBEgEv0NCBgJ",
  "GQoaCxsMHA0dDh4PH/0LBBAgAEEgaiEAIAFBEGoiASAMSQ0ACyADQQRqIQMgBEEEaiEEIAZBAWshBiANQQFrIg0NAAsgBUEEaiEFIAYN",
  "AAsLKQADQCAAIAH9BAMAQRD9qwH9CwQAIABBEGohACABQQhqIgEgAkkNAAsLpQEBAnsDQCAB/QQDACEDIAP9DP9/AAD/fwAA/38AAP9/",
  "AAD9TkEN/asBIQQgACAE/QwAAIB3AACAdwAAgHcAAIB3/eYBIAT9DAAAgA8AAIAPAACADwAAgA/9QP0MAACAfwAAgH8AAIB/AACAf/1O",
  "/VAgA/0MAIAAAACAAAAAgAAAAIAAAP1OQRD9qwH9UP0LBAAgAEEQaiEAIAFBCGoiASACSQ0ACws=",
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

/** Reads bits from their address up to `end`. */
type DecodeHalves = (target: number, bits: number, end: number) => void;

/** What the module exports. */
interface KernelFunctions {
  readonly nibbles: DecodeBlocks;
  readonly bytes: DecodeBlocks;
  readonly codes: MakeCodes;
  readonly bf16: DecodeHalves;
  readonly f16: DecodeHalves;
}

/** Compiles the module for a memory. Throws where WebAssembly or its vectors are missing or forbidden. */
function kernelModule(memory: WebAssembly.Memory): KernelFunctions {
  const bytes = Uint8Array.from(atob(kernelBase64), (character) => character.charCodeAt(0));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { frozen: { memory } });
  // The bytes above are known, and so is what they export.
  return exports as unknown as KernelFunctions;
}
