// NormalFloat 4: levels at quantiles of the normal distribution, which weights nearly follow (Dettmers et al. 2023,
// QLoRA, arXiv 2305.14314). Without the paper's second quantization, of the scales.

import { ArgumentError } from "../errors.ts";
import type { BlockMatrix } from "../packed/packed-matrix.ts";

/** The 16 levels, as bitsandbytes has them. */
export const normalFloat4Levels: Float32Array = Float32Array.of(
  ...[-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334],
  ...[-0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224],
  ...[0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1],
);

/** Numbers that share one scale. */
const blockSize = 64;

/** Above each of these begins the next level. */
const bounds = Float64Array.from({ length: 15 }, (_, index) => {
  return ((normalFloat4Levels[index] ?? 0) + (normalFloat4Levels[index + 1] ?? 0)) / 2;
});

/**
 * Rounds a matrix, given row by row, to 4 bits a number and one float32 scale for every 64 of a row: the nearest of 16
 * levels times the block's largest magnitude. bitsandbytes' blocks continue across rows, so the numbers equal its own
 * if rows are whole blocks. Throws ArgumentError.
 */
export function packNormalFloat4(
  values: Float32Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): BlockMatrix {
  if (values.length !== rows * columns)
    throw new ArgumentError("packNormalFloat4", "values.length", values.length, `${rows} × ${columns}`);
  const rowBytes = Math.ceil(columns / 2);
  const codes = new Uint8Array(rows * rowBytes);
  const scales = new Float32Array(rows * Math.ceil(columns / blockSize));
  let block = 0;
  for (let row = 0; row < rows; row++) {
    for (let first = 0; first < columns; first += blockSize, block++) {
      const start = row * columns + first;
      const end = start + Math.min(blockSize, columns - first);
      const largest = largestMagnitude(values, start, end);
      scales[block] = largest;
      packBlock(codes, row * rowBytes + first / 2, { values, start, end, inverse: largest === 0 ? 0 : 1 / largest });
    }
  }
  return { kind: "blocks", rows, columns, blockSize, codeBits: 4, levels: normalFloat4Levels, codes, scales };
}

function largestMagnitude(values: Float32Array, start: number, end: number): number {
  let largest = 0;
  for (let index = start; index < end; index++) largest = Math.max(largest, Math.abs(values[index]!));
  return largest;
}

interface Block {
  readonly values: Float32Array;
  readonly start: number;
  readonly end: number;
  readonly inverse: number;
}

function packBlock(codes: Uint8Array, at: number, { values, start, end, inverse }: Block): void {
  let byte = at;
  for (let index = start; index < end; index += 2) {
    const lower = codeOf(values[index]! * inverse);
    const upper = index + 1 < end ? codeOf(values[index + 1]! * inverse) : 0;
    codes[byte++] = lower | (upper << 4);
  }
}

/** The nearest level, found by halving. */
function codeOf(value: number): number {
  let code = value > bounds[7]! ? 8 : 0;
  if (value > bounds[code + 3]!) code += 4;
  if (value > bounds[code + 1]!) code += 2;
  return value > bounds[code]! ? code + 1 : code;
}
