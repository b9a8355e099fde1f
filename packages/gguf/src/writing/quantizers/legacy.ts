// The oldest types: blocks of 32 with one scale, some with a minimum. Source: ggml-quants.c (MIT licence), quantize_row_q4_0_ref
// and related functions.

import { type BlockQuantizer, inverse, putHalf, within } from "./rounding.ts";

const size = 32;
const half = 16; // elements i and i + 16 share a byte
const { fround } = Math;

/** Levels on both sides of 0. The largest number has an exact level. */
function scaled(bits: 4 | 5): BlockQuantizer {
  const zero = 2 ** (bits - 1);
  return (values, bytes) => {
    let largest = 0;
    for (let index = 0; index < size; index += 1)
      if (Math.abs(values[index]!) > Math.abs(largest)) largest = values[index]!;
    const scale = fround(largest / -zero);
    const by = inverse(scale);
    putHalf(bytes, 0, scale);
    const codeOf = (index: number) =>
      within(Math.trunc(fround(fround(values[index]! * by) + zero + 0.5)), 0, 2 * zero - 1);
    putCodes(bytes.subarray(2), codeOf, bits);
  };
}

/** Levels from the minimum to the maximum. */
function ranged(bits: 4 | 5): BlockQuantizer {
  const max = 2 ** bits - 1;
  return (values, bytes) => {
    let [min, largest] = [values[0]!, values[0]!];
    for (let index = 1; index < size; index += 1) {
      min = Math.min(min, values[index]!);
      largest = Math.max(largest, values[index]!);
    }
    const scale = fround(fround(largest - min) / max);
    const by = inverse(scale);
    putHalf(bytes, 0, scale);
    putHalf(bytes, 2, min);
    const codeOf = (index: number) =>
      within(Math.trunc(fround(fround(fround(values[index]! - min) * by) + 0.5)), 0, max);
    putCodes(bytes.subarray(4), codeOf, bits);
  };
}

/** First the low 4 bits of the bytes, then the high ones; fifth bits are in the four bytes before. */
function putCodes(bytes: Uint8Array, codeOf: (index: number) => number, bits: 4 | 5): void {
  const codesAt = bits === 5 ? 4 : 0;
  for (let index = 0; index < half; index += 1) {
    const [lower, upper] = [codeOf(index), codeOf(index + half)];
    bytes[codesAt + index] = (lower & 15) | ((upper & 15) << 4);
    if (bits === 4) continue;
    bytes[index >> 3]! |= (lower >> 4) << (index & 7);
    bytes[2 + (index >> 3)]! |= (upper >> 4) << (index & 7);
  }
}

/** A scale and 32 signed bytes. */
function wholeBytes(values: Float32Array, bytes: Uint8Array): void {
  let largest = 0;
  for (let index = 0; index < size; index += 1) largest = Math.max(largest, Math.abs(values[index]!));
  const scale = fround(largest / 127);
  const by = inverse(scale);
  putHalf(bytes, 0, scale);
  for (let index = 0; index < size; index += 1) {
    const quotient = fround(values[index]! * by);
    bytes[2 + index] = Math.sign(quotient) * Math.floor(Math.abs(quotient) + 0.5); // half away from zero
  }
}

/** Quantizers by type name. */
export const legacyQuantizers: Readonly<Record<"Q4_0" | "Q4_1" | "Q5_0" | "Q5_1" | "Q8_0", BlockQuantizer>> = {
  Q4_0: scaled(4),
  Q4_1: ranged(4),
  Q5_0: scaled(5),
  Q5_1: ranged(5),
  Q8_0: wholeBytes,
};
