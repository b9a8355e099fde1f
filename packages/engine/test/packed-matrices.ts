// A packed matrix of each kind, with numbers that have no pattern.

import { normalFloat4Levels, packNormalFloat4 } from "../src/frozen/normal-float4.ts";
import { countOf } from "../src/packed/block-numbers.ts";
import type { BlockMatrix, HalfMatrix } from "../src/packed/packed-matrix.ts";

/** As `waves`: between −1 and 1. */
export function waveValues(size: number, seed = 1): Float32Array {
  return Float32Array.from({ length: size }, (_, index) => Math.sin((index + 1) * 12.9898 * seed + seed));
}

/** The upper half of a float32. */
function bf16Bits(values: Float32Array): Uint16Array {
  return Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16);
}

/** f16 between 2⁻⁸ and 1, with signs. */
function f16Bits(size: number, seed = 1): Uint16Array {
  return Uint16Array.from(waveValues(size, seed), (value) => {
    const exponent = 7 + Math.floor(Math.abs(value) * 7.99);
    return (value < 0 ? 0x8000 : 0) | (exponent << 10) | (Math.floor(Math.abs(value) * 1e6) % 1024);
  });
}

function blocks(rows: number, columns: number, codeBits: 4 | 8): BlockMatrix {
  const scales = rows * Math.ceil(columns / 32);
  const codes = rows * (codeBits === 8 ? columns : Math.ceil(columns / 2));
  return {
    kind: "blocks",
    rows,
    columns,
    blockSize: 32,
    codeBits,
    levels: Float32Array.from({ length: 2 ** codeBits }, (_, code) => (code - 2 ** (codeBits - 1)) / 2 ** codeBits),
    codes: Uint8Array.from(waveValues(codes), (value) => Math.floor(127.9 * (value + 1))),
    scales: f16Bits(scales, 2),
  };
}

/** By name: [rows, columns] → a matrix. */
export const packedMatrices = {
  bf16: (rows: number, columns: number): HalfMatrix => {
    return { kind: "bf16", rows, columns, bits: bf16Bits(waveValues(rows * columns)) };
  },
  f16: (rows: number, columns: number): HalfMatrix => {
    return { kind: "f16", rows, columns, bits: f16Bits(rows * columns) };
  },
  "4 bits": (rows: number, columns: number) => blocks(rows, columns, 4),
  "4 bits with minima": (rows: number, columns: number): BlockMatrix => {
    const plain = blocks(rows, columns, 4);
    return { ...plain, levels: normalFloat4Levels, minima: f16Bits(countOf(plain.scales), 3) };
  },
  "4 bits with stepped scales and minima": (rows: number, columns: number): BlockMatrix => {
    const plain = { ...blocks(rows, columns, 4), blockSize: 16 };
    const count = rows * Math.ceil(columns / 16);
    const stepped = (seed: number) => ({
      steps: f16Bits(Math.ceil(count / 4), seed),
      multiples: Int8Array.from(waveValues(count, seed), (value) => Math.trunc(63 * value)),
      span: 4,
    });
    return { ...plain, scales: stepped(2), minima: stepped(3) };
  },
  "8 bits": (rows: number, columns: number) => blocks(rows, columns, 8),
  NF4: (rows: number, columns: number) => packNormalFloat4(waveValues(rows * columns), { rows, columns }),
};
