// A matrix in 8 bits with one scale for each output, as plain data: what products in 8 bits are made of. One scale an
// output and not one a block, since a product of integers is scaled after its sum (Dettmers et al. 2022, LLM.int8(),
// arXiv 2208.07339; Wortsman et al. 2023, SwitchBack, arXiv 2304.13013).

import { ArgumentError } from "../../errors.ts";
import type { MatrixLayout } from "../frozen-storage.ts";
import type { BlockMatrix } from "../packed-matrix.ts";

/** An entry is `scales[output] · codes[output, input]`. */
export interface Int8Matrix {
  readonly kind: "int8";
  readonly outFeatures: number;
  readonly inFeatures: number;
  /** [outFeatures, inFeatures], from −127 to 127 */
  readonly codes: Int8Array;
  /** [outFeatures]; 0 for an output of zeros alone */
  readonly scales: Float32Array;
}

/** The largest code. −128 is not used: with it, a weight and its negative would not round alike. */
const largestCode = 127;

/** Adding this and taking it away again rounds a float32 below 2²² to the nearest whole number, halves to the even one. */
const roundingShift = 1.5 * 2 ** 23;

/**
 * Rounds a matrix, given row by row, to 8 bits a number and one float32 scale for each output: the largest magnitude of the
 * output's weights over 127. Returns undefined if it holds a NaN or an infinity, which 8 bits cannot tell.
 *
 * @param layout "out-in", torch's, if rows are outputs
 *
 * Throws ArgumentError unless there are rows × columns numbers.
 *
 * @example
 * ```ts
 * import { FrozenWeight, packInt8 } from "@lowrank/engine";
 *
 * const packed = packInt8(Float32Array.of(1, -0.5, 0.25, 0), { rows: 2, columns: 2, layout: "out-in" });
 * if (packed === undefined) throw new Error("a weight is not finite");
 * const weight = FrozenWeight.fromInt8(packed); // 2 outputs of 2 inputs
 * weight.dispose();
 * ```
 */
export function packInt8(
  values: Float32Array,
  { rows, columns, layout }: { readonly rows: number; readonly columns: number; readonly layout: MatrixLayout },
): Int8Matrix | undefined {
  if (values.length !== rows * columns)
    throw new ArgumentError("packInt8", "values.length", values.length, `${rows} × ${columns}`);
  const isTransposed = layout === "out-in";
  const [outFeatures, inFeatures] = isTransposed ? [rows, columns] : [columns, rows];
  const byOutput = isTransposed ? values : turned(values, rows, columns);
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(outFeatures);
  for (let output = 0; output < outFeatures; output++) {
    const [start, end] = [output * inFeatures, (output + 1) * inFeatures];
    const largest = largestMagnitude(byOutput, start, end);
    if (!Number.isFinite(largest)) return undefined;
    const scale = Math.fround(largest / largestCode);
    scales[output] = scale;
    if (scale === 0) continue; // zeros, or numbers too small to be told from them
    for (let index = start; index < end; index++) {
      const shifted = Math.fround(Math.fround(byOutput[index]! / scale) + roundingShift);
      codes[index] = Math.min(largestCode, Math.max(-largestCode, shifted - roundingShift));
    }
  }
  return { kind: "int8", outFeatures, inFeatures, codes, scales };
}

/** NaN if one of the numbers is. */
function largestMagnitude(values: Float32Array, start: number, end: number): number {
  let largest = 0;
  let sum = 0;
  for (let index = start; index < end; index++) {
    const magnitude = Math.abs(values[index]!);
    if (magnitude > largest) largest = magnitude;
    sum += magnitude;
  }
  return Number.isNaN(sum) ? sum : largest;
}

function turned(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column]!;
  return result;
}

const signedBytes = Float32Array.from({ length: 256 }, (_, code) => (code << 24) >> 24);

/** The same numbers as blocks, one for each output: for engines that decode them to multiply in float32. */
export function blocksOf({ outFeatures, inFeatures, codes, scales }: Int8Matrix): BlockMatrix {
  return {
    kind: "blocks",
    rows: outFeatures,
    columns: inFeatures,
    blockSize: inFeatures + (inFeatures % 2),
    codeBits: 8,
    levels: signedBytes,
    codes: new Uint8Array(codes.buffer, codes.byteOffset, codes.length),
    scales,
  };
}

/** Throws ArgumentError unless every array has the length that the features ask for. */
export function checkInt8(where: string, { outFeatures, inFeatures, codes, scales }: Int8Matrix): void {
  for (const [argument, size] of Object.entries({ outFeatures, inFeatures }))
    if (!Number.isSafeInteger(size) || size < 1)
      throw new ArgumentError(where, argument, size, "a whole number from 1");
  const lengths = [
    ["codes.length", codes.length, outFeatures * inFeatures],
    ["scales.length", scales.length, outFeatures],
  ] as const;
  for (const [argument, got, expected] of lengths)
    if (got !== expected) throw new ArgumentError(where, argument, got, String(expected));
}
