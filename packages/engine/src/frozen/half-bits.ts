// float32 numbers as 16-bit floats: the nearest there is, the even one halfway. What is appended to a matrix that is kept
// in 16 bits goes through here.

import type { HalfMatrix } from "./packed-matrix.ts";

/** One pattern for each number. Numbers too large for an f16 become infinite; NaN stays NaN. */
export function halfBits(values: Float32Array, kind: HalfMatrix["kind"]): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, kind === "bf16" ? bf16Of : f16Of);
}

function bf16Of(word: number): number {
  if (isNotANumber(word)) return (word >>> 16) | 0x40;
  return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}

const smallestNormal = 0x38800000; // 2⁻¹⁴
const infiniteFrom = 0x477ff000; // 65 520, halfway between the largest f16 and the power of two above it
const exponentShift = 0x38000000; // the exponents' biases, 127 and 15, differ by 112

function f16Of(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const size = word & 0x7fffffff;
  if (isNotANumber(word)) return sign | 0x7e00;
  if (size >= infiniteFrom) return sign | 0x7c00;
  if (size < smallestNormal) return sign | subnormalOf(size);
  return sign | ((size + 0xfff + ((size >>> 13) & 1) - exponentShift) >>> 13);
}

/** Multiples of 2⁻²⁴. */
function subnormalOf(size: number): number {
  const exponent = size >>> 23;
  const scaled = ((size & 0x7fffff) | 0x800000) * 2 ** (exponent - 126);
  const floor = Math.floor(scaled);
  const isUp = scaled - floor > 0.5 || (scaled - floor === 0.5 && floor % 2 === 1);
  return isUp ? floor + 1 : floor;
}

function isNotANumber(word: number): boolean {
  return (word & 0x7fffffff) > 0x7f800000;
}
