// Rounding of a matrix to 8 bits with one scale for each output.

import { ArgumentError } from "../errors.ts";
import type { Int8Matrix, MatrixShape } from "./int8-matrix.ts";
import { currentInt8Weights } from "./int8-weights.ts";

/** The largest code. −128 is not used: with it, a weight and its negative would not round symmetrically. */
const largestCode = 127;

/** The minimum divisor, for an output of zeros, whose scale is 0. */
const smallestNormal = 2 ** -126;

/** Adding this and taking it away again rounds a float32 below 2²² to the nearest whole number, halves to the even one. */
const roundingShift = 1.5 * 2 ** 23;

/**
 * Rounds a matrix, given row by row, to 8 bits a number and one float32 scale for each output: the largest magnitude of the
 * output's weights over 127. Returns undefined if it holds a NaN or an infinity, which 8 bits cannot represent.
 * Throws ArgumentError unless there are rows × columns numbers.
 */
export function packInt8(values: Float32Array, { rows, columns, layout }: MatrixShape): Int8Matrix | undefined {
  if (values.length !== rows * columns)
    throw new ArgumentError("packInt8", "values.length", values.length, `${rows} × ${columns}`);
  if (values.length === 0) throw new ArgumentError("packInt8", "values.length", 0, "at least 1");
  const weights = currentInt8Weights();
  if (weights !== undefined) return weights.round(values, { rows, columns, layout });
  return roundByLoops(values, { rows, columns, layout });
}

/** On the host, for engines that bring nothing faster. */
export function roundByLoops(values: Float32Array, { rows, columns, layout }: MatrixShape): Int8Matrix | undefined {
  const isTransposed = layout === "out-in";
  const [outFeatures, inFeatures] = isTransposed ? [rows, columns] : [columns, rows];
  const byOutput = isTransposed ? values : transposed(values, rows, columns);
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(outFeatures);
  for (let output = 0; output < outFeatures; output++) {
    const [start, end] = [output * inFeatures, (output + 1) * inFeatures];
    const largest = largestMagnitude(byOutput, start, end);
    if (!Number.isFinite(largest)) return undefined;
    const scale = Math.fround(largest / largestCode);
    scales[output] = scale;
    const divisor = Math.max(scale, smallestNormal);
    for (let index = start; index < end; index++) {
      const shifted = Math.fround(Math.fround(byOutput[index]! / divisor) + roundingShift);
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

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column]!;
  return result;
}
