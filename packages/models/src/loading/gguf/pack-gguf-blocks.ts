// A GGUF file's blocks in the engine's layout. The codes keep their values and the scales their bits: nothing is decoded,
// so nothing is lost. Source of the formats: ggml-quants.c, dequantize_row_*.

import type { BlockMatrix } from "@lowrank/engine";

/** Elements of a block. */
const blockSize = 32;

interface BlockFormat {
  readonly codeBits: 4 | 8;
  readonly levels: Float32Array;
  readonly hasMinimum: boolean;
}

const signedBytes = Float32Array.from({ length: 256 }, (_, code) => (code < 128 ? code : code - 256));
const centredNibbles = Float32Array.from({ length: 16 }, (_, code) => code - 8);
const nibbles = Float32Array.from({ length: 16 }, (_, code) => code);

const formats: ReadonlyMap<string, BlockFormat> = new Map<string, BlockFormat>([
  ["Q8_0", { codeBits: 8, levels: signedBytes, hasMinimum: false }],
  ["Q4_0", { codeBits: 4, levels: centredNibbles, hasMinimum: false }],
  ["Q4_1", { codeBits: 4, levels: nibbles, hasMinimum: true }],
]);

/** Which blocks, and where each row of the matrix lies in the file. */
export interface GgufBlocks {
  readonly type: string;
  readonly rows: number;
  readonly columns: number;
  /** Row of the file for a row of the matrix. */
  readonly storedRow: (row: number) => number;
}

/** The matrix, or undefined for a type that has no blocks of this kind. */
export function packGgufBlocks(bytes: Uint8Array, blocks: GgufBlocks): BlockMatrix | undefined {
  const { type, rows, columns, storedRow } = blocks;
  const format = formats.get(type);
  if (format === undefined) return undefined;
  const { codeBits, levels, hasMinimum } = format;
  const perRow = columns / blockSize;
  const header = hasMinimum ? 4 : 2;
  const codeBytes = (blockSize * codeBits) / 8;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scales = new Uint16Array(rows * perRow);
  const minima = new Uint16Array(hasMinimum ? scales.length : 0);
  const codes = new Uint8Array(scales.length * codeBytes);
  const copyCodes = codeBits === 8 ? copyBytes : pairNeighbours;
  for (let row = 0, block = 0; row < rows; row++) {
    let from = storedRow(row) * perRow * (header + codeBytes);
    for (const end = block + perRow; block < end; block++, from += header + codeBytes) {
      scales[block] = view.getUint16(from, true);
      if (hasMinimum) minima[block] = view.getUint16(from + 2, true);
      copyCodes(codes, block * codeBytes, bytes, from + header);
    }
  }
  const matrix: BlockMatrix = { kind: "blocks", rows, columns, blockSize, codeBits, levels, codes, scales };
  return hasMinimum ? { ...matrix, minima } : matrix;
}

function copyBytes(codes: Uint8Array, at: number, bytes: Uint8Array, from: number): void {
  for (let index = 0; index < blockSize; index++) codes[at + index] = bytes[from + index]!;
}

/** GGUF keeps elements i and i + 16 in one byte; here neighbours share one. */
function pairNeighbours(codes: Uint8Array, at: number, bytes: Uint8Array, from: number): void {
  for (let index = 0; index < 8; index++) {
    const even = bytes[from + 2 * index]!;
    const odd = bytes[from + 2 * index + 1]!;
    codes[at + index] = (even & 15) | ((odd & 15) << 4);
    codes[at + 8 + index] = (even >> 4) | (odd & 0xf0);
  }
}
