// float32 arithmetic like ggml's C code: each step is rounded, so that blocks are equal bit for bit.

import { f16Values, halfBits } from "@lowrank/contracts/internal";

const { fround } = Math;
const step = fround(0.1);
/** Smaller runs count as zeros. */
const nothing = fround(1e-15);

interface RangeSearch {
  /** The highest code. */
  readonly max: number;
  /** First of the tried ranges: this many codes more, then in steps of a tenth. */
  readonly from: number;
  readonly steps: number;
}

/** The range of a run: values are scale · code − minimum. */
interface Range {
  readonly scale: number;
  /** Not below 0. */
  readonly minimum: number;
}

/** The range of a run whose codes are 0 to `max`. */
export function rangeOf(values: Float32Array, { max, from, steps }: RangeSearch): Range {
  const weights = rangeWeights(values);
  let [min, largest] = [values[0]!, values[0]!];
  let sumOfWeights = weights[0]!;
  let sumOfValues = fround(sumOfWeights * values[0]!);
  for (let index = 1; index < values.length; index += 1) {
    min = Math.min(min, values[index]!);
    largest = Math.max(largest, values[index]!);
    sumOfWeights = fround(sumOfWeights + weights[index]!);
    sumOfValues = fround(sumOfValues + fround(weights[index]! * values[index]!));
  }
  min = Math.min(0, min);
  if (largest === min) return { scale: 0, minimum: -min };
  const codes = new Uint8Array(values.length);
  const inverse = fround(max / fround(largest - min));
  let best = { scale: fround(1 / inverse), min };
  setCodes(values, codes, { min, inverse, max });
  let bestError = errorOf(values, weights, { codes, ...best });
  for (let trial = 0; trial <= steps; trial += 1) {
    // Start with the minimum of the best range so far.
    const more = fround(fround(fround(from) + fround(step * trial)) + max);
    const { min: start } = best;
    setCodes(values, codes, { min: start, inverse: fround(more / fround(largest - start)), max });
    const fitted = fit(values, weights, { codes, sumOfWeights, sumOfValues });
    if (fitted === undefined) continue;
    const error = errorOf(values, weights, { codes, ...fitted });
    if (error >= bestError) continue;
    bestError = error;
    best = fitted;
  }
  return { scale: best.scale, minimum: -best.min };
}

/** Large numbers count more. */
function rangeWeights(values: Float32Array): Float32Array {
  let squares = 0;
  for (const value of values) squares = fround(squares + fround(value * value));
  const rootMeanSquare = fround(Math.sqrt(fround(squares / 32)));
  return values.map((value) => fround(rootMeanSquare + Math.abs(value)));
}

function setCodes(
  values: Float32Array,
  codes: Uint8Array,
  { min, inverse, max }: { readonly min: number; readonly inverse: number; readonly max: number },
): void {
  for (let index = 0; index < values.length; index += 1)
    codes[index] = within(nearestWhole(fround(inverse * fround(values[index]! - min))), 0, max);
}

function errorOf(
  values: Float32Array,
  weights: Float32Array,
  { codes, scale, min }: { readonly codes: Uint8Array; readonly scale: number; readonly min: number },
): number {
  let error = 0;
  for (let index = 0; index < values.length; index += 1) {
    const difference = fround(fround(fround(scale * codes[index]!) + min) - values[index]!);
    error = fround(error + fround(weights[index]! * fround(difference * difference)));
  }
  return error;
}

/** Scale and minimum by weighted least squares; a minimum above 0 becomes 0. */
function fit(
  values: Float32Array,
  weights: Float32Array,
  sums: { readonly codes: Uint8Array; readonly sumOfWeights: number; readonly sumOfValues: number },
): { readonly scale: number; readonly min: number } | undefined {
  const { codes, sumOfWeights, sumOfValues } = sums;
  let [ofCodes, ofSquares, ofProducts] = [0, 0, 0];
  for (let index = 0; index < values.length; index += 1) {
    const code = codes[index]!;
    const weighted = fround(weights[index]! * code);
    ofCodes = fround(ofCodes + weighted);
    ofSquares = fround(ofSquares + fround(weighted * code));
    ofProducts = fround(ofProducts + fround(weighted * values[index]!));
  }
  const determinant = fround(fround(sumOfWeights * ofSquares) - fround(ofCodes * ofCodes));
  if (!(determinant > 0)) return undefined;
  const min = fround(fround(fround(ofSquares * sumOfValues) - fround(ofCodes * ofProducts)) / determinant);
  if (min > 0) return { scale: fround(ofProducts / ofSquares), min: 0 };
  const scale = fround(fround(fround(sumOfWeights * ofProducts) - fround(sumOfValues * ofCodes)) / determinant);
  return { scale, min };
}

/** The scale of a run whose codes are −levels to levels − 1; values are weighted by their squares. */
export function scaleOf(values: Float32Array, levels: number): number {
  let largest = 0;
  for (const value of values) if (Math.abs(value) > Math.abs(largest)) largest = value;
  if (Math.abs(largest) < nothing) return 0;
  let [products, squares] = codeSums(values, fround(-levels / largest), levels);
  let scale = squares === 0 ? 0 : fround(products / squares);
  let best = fround(scale * products);
  for (let trial = -9; trial <= 9; trial += 1) {
    if (trial === 0) continue;
    const inverse = fround(-fround(levels + fround(step * trial)) / largest);
    [products, squares] = codeSums(values, inverse, levels);
    if (!(squares > 0 && fround(products * products) > fround(best * squares))) continue;
    scale = fround(products / squares);
    best = fround(scale * products);
  }
  return scale;
}

/** Sums over the codes for an inverse scale: of products with the values, and of squares. */
function codeSums(values: Float32Array, inverse: number, levels: number): [products: number, squares: number] {
  let [products, squares] = [0, 0];
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]!;
    const code = within(nearestWhole(fround(inverse * value)), -levels, levels - 1);
    const weight = fround(value * value);
    products = fround(products + fround(fround(weight * value) * code));
    squares = fround(squares + fround(fround(weight * code) * code));
  }
  return [products, squares];
}

/** Writes one block: all its values to all its bytes, which must be 0 before. */
export type BlockQuantizer = (values: Float32Array, bytes: Uint8Array) => void;

/** Rounds to the nearest integer, ties to even, up to 2²² (ggml's nearest_int). */
export function nearestWhole(value: number): number {
  return Math.fround(value + 12_582_912) - 12_582_912;
}

export function within(code: number, min: number, max: number): number {
  return Math.max(min, Math.min(code, max));
}

/** The inverse as float32; 0 for 0. */
export function inverse(value: number): number {
  return value === 0 ? 0 : Math.fround(1 / value);
}

const room = new Float32Array(1);

/** Writes a number as F16 and returns the rounded value. */
export function putHalf(bytes: Uint8Array, at: number, value: number): number {
  room[0] = value;
  const [bits = 0] = halfBits(room, "f16");
  bytes[at] = bits & 255;
  bytes[at + 1] = bits >> 8;
  return f16Values()[bits]!;
}
