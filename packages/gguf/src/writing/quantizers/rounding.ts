// float32 arithmetic as ggml's C code has it: each step rounded, so that blocks come out bit for bit.

import { f16Values, halfBits } from "@lowrank/contracts";

/** Writes one block: all of its numbers, all of its bytes, which are 0 before. */
export type BlockQuantizer = (values: Float32Array, bytes: Uint8Array) => void;

/** To the nearest whole number, ties to even, of numbers up to 2²² (ggml's nearest_int). */
export function nearestWhole(value: number): number {
  return Math.fround(value + 12_582_912) - 12_582_912;
}

export function within(code: number, least: number, most: number): number {
  return Math.max(least, Math.min(code, most));
}

/** The inverse as float32; 0 for 0. */
export function inverse(value: number): number {
  return value === 0 ? 0 : Math.fround(1 / value);
}

const room = new Float32Array(1);

/** Puts a number in F16; gives back what it is then. */
export function putHalf(bytes: Uint8Array, at: number, value: number): number {
  room[0] = value;
  const [bits = 0] = halfBits(room, "f16");
  bytes[at] = bits & 255;
  bytes[at + 1] = bits >> 8;
  return f16Values()[bits]!;
}
