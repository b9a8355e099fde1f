// Unpacks quantized rows to separate codes, levels and scales without rounding. They can be kept in memory instead of float32,
// and float32 is computed from them.

import type { BlockFormat, BlockParts } from "./formats/block-format.ts";
import type { TensorType } from "./tensor-types.ts";

/** The numbers of all runs of elements, in order. */
export type RunNumbers =
  | Float32Array
  /** Bits of F16 numbers. */
  | Uint16Array
  /** Number i is `steps[⌊i / span⌋] · multiples[i]`. */
  | { readonly steps: Uint16Array; readonly multiples: Int8Array; readonly span: number };

/** A matrix whose elements are `scale · levels[code] + minimum`. */
export interface UnpackedBlocks {
  /** Number of adjacent elements of a row that share a scale and a minimum. */
  readonly runSize: number;
  readonly codeBits: 4 | 8;
  /** The level of each code: 16 or 256 numbers. */
  readonly levels: Float32Array;
  /** One byte for each code, or for two: the even column in the low 4 bits. */
  readonly codes: Uint8Array;
  readonly scales: RunNumbers;
  /** Absent: all zero. */
  readonly minima?: RunNumbers;
}

/** The rows to unpack, and their positions in the bytes. */
export interface StoredRows {
  readonly rows: number;
  readonly columns: number;
  /** The file's row for each row of the matrix. Absent: in the file's order. */
  readonly storedRow?: (row: number) => number;
}

/** Unpacks all blocks of a matrix. Its rows must be whole blocks, and the bytes must have the matching length. */
export function unpackBlocks(
  bytes: Uint8Array,
  format: BlockFormat,
  { type, layout }: { readonly type: TensorType; readonly layout: StoredRows },
): UnpackedBlocks {
  const { blockSize, blockBytes } = type;
  const perRow = layout.columns / blockSize;
  const blocks = layout.rows * perRow;
  const parts = roomFor(format, blockSize);
  const codeBits = format.levels.length === 16 ? 4 : 8;
  const codes = new Uint8Array((blocks * blockSize * codeBits) / 8);
  const scales = collector(blocks, parts.multiples, format.scaleKind);
  const minima = collector(blocks, parts.minimumMultiples, "f16");
  const addCodes = codeBits === 4 ? pairCodes : copyCodes;
  for (let row = 0, block = 0; row < layout.rows; row += 1) {
    let from = (layout.storedRow?.(row) ?? row) * perRow * blockBytes;
    for (const end = block + perRow; block < end; block += 1, from += blockBytes) {
      format.unpack(bytes, from, parts);
      addCodes(codes, block, parts.codes);
      scales.add(block, parts.scale);
      if (format.hasMinimum) minima.add(block, parts.minimum);
    }
  }
  const { runSize, levels } = format;
  const unpacked = { runSize, codeBits, levels, codes, scales: scales.numbers } as const;
  return format.hasMinimum ? { ...unpacked, minima: minima.numbers } : unpacked;
}

/** Memory for one unpacked block. A format without multiples has none for them. */
export function roomFor({ runSize, hasMultiples }: BlockFormat, blockSize: number): BlockParts {
  const runs = hasMultiples ? blockSize / runSize : 0;
  return {
    codes: new Uint8Array(blockSize),
    scale: 0,
    minimum: 0,
    multiples: new Int8Array(runs),
    minimumMultiples: new Int8Array(runs),
  };
}

/** Collects one number for each block and, if there are any, its runs' multiples. */
function collector(blocks: number, runs: Int8Array, kind: "f16" | "f32") {
  const span = runs.length;
  const steps = kind === "f16" ? new Uint16Array(blocks) : new Float32Array(blocks);
  const multiples = new Int8Array(blocks * span);
  return {
    numbers: steps instanceof Float32Array || span === 0 ? steps : { steps, multiples, span },
    add(block: number, value: number): void {
      steps[block] = value;
      if (span > 0) multiples.set(runs, block * span);
    },
  };
}

function copyCodes(target: Uint8Array, block: number, codes: Uint8Array): void {
  target.set(codes, block * codes.length);
}

function pairCodes(target: Uint8Array, block: number, codes: Uint8Array): void {
  let place = (block * codes.length) / 2;
  for (let index = 0; index < codes.length; index += 2, place += 1)
    target[place] = codes[index]! | (codes[index + 1]! << 4);
}
