// k-quants: blocks of 256 in runs of 16 or 32 whose scales and minima are small multiples of the block's. The scale with the
// smallest error is searched, weighted by the size of the values. Source: ggml-quants.c (MIT licence), quantize_row_q4_K_ref,
// quantize_row_q6_K_ref, make_qkx2_quants and make_qx_quants.

import { type BlockQuantizer, nearestWhole, putHalf, rangeOf, scaleOf, within } from "./rounding.ts";

const { fround } = Math;

/** Q4_K and Q5_K: eight runs, each with a scale and a minimum of 6 bits. */
function withMinima(bits: 4 | 5): BlockQuantizer {
  const max = 2 ** bits - 1;
  const search = bits === 4 ? { max, from: -1, steps: 20 } : { max, from: -0.5, steps: 15 };
  const [scales, minima] = [new Float32Array(8), new Float32Array(8)];
  const codes = new Uint8Array(256);
  return (values, bytes) => {
    for (let run = 0; run < 8; run += 1) {
      const { scale, minimum } = rangeOf(values.subarray(32 * run, 32 * run + 32), search);
      scales[run] = scale;
      minima[run] = minimum;
    }
    const [largest, deepest] = [Math.max(0, ...scales), Math.max(0, ...minima)];
    const step = putHalf(bytes, 0, fround(largest / 63));
    const depth = putHalf(bytes, 2, fround(deepest / 63));
    const [byStep, byDepth] = [multiplier(largest), multiplier(deepest)];
    for (let run = 0; run < 8; run += 1) {
      const scale = Math.min(63, nearestWhole(fround(byStep * scales[run]!)));
      const minimum = Math.min(63, nearestWhole(fround(byDepth * minima[run]!)));
      putMultiples(bytes, run, { scale, minimum });
      const own = codes.subarray(32 * run, 32 * run + 32);
      codesOf(values.subarray(32 * run), own, { scale: fround(step * scale), minimum: fround(depth * minimum), max });
    }
    const codesAt = bits === 5 ? 48 : 16;
    for (let index = 0; index < 128; index += 1) {
      const position = ((index >> 5) << 6) + (index & 31);
      bytes[codesAt + index] = (codes[position]! & 15) | ((codes[position + 32]! & 15) << 4);
    }
    if (bits === 5)
      for (let index = 0; index < 256; index += 1) bytes[16 + (index & 31)]! |= (codes[index]! >> 4) << (index >> 5);
  };
}

function multiplier(largest: number): number {
  return largest > 0 ? fround(63 / largest) : 0;
}

/** Twelve bytes contain 16 numbers of 6 bits; the high two bits of the last eight are in the first eight bytes. */
function putMultiples(bytes: Uint8Array, run: number, { scale, minimum }: { scale: number; minimum: number }): void {
  if (run < 4) {
    bytes[4 + run] = scale;
    bytes[8 + run] = minimum;
    return;
  }
  bytes[8 + run] = (scale & 15) | ((minimum & 15) << 4);
  bytes[run]! |= (scale >> 4) << 6;
  bytes[4 + run]! |= (minimum >> 4) << 6;
}

/** The codes of one run. If its scale is 0, the codes are ignored. */
function codesOf(
  values: Float32Array,
  codes: Uint8Array,
  { scale, minimum, max }: { readonly scale: number; readonly minimum: number; readonly max: number },
): void {
  for (let index = 0; index < codes.length; index += 1)
    codes[index] = scale === 0 ? 0 : within(nearestWhole(fround(fround(values[index]! + minimum) / scale)), 0, max);
}

/** Sixteen runs of signed numbers of 6 bits, each with a scale of 8. */
function sixBits(values: Float32Array, bytes: Uint8Array): void {
  const scales = new Float32Array(16);
  let widest = 0;
  for (let run = 0; run < 16; run += 1) {
    scales[run] = scaleOf(values.subarray(16 * run, 16 * run + 16), 32);
    if (Math.abs(scales[run]!) > Math.abs(widest)) widest = scales[run]!;
  }
  if (Math.abs(widest) < 1e-15) return; // all zeros
  const by = fround(-128 / widest);
  const step = putHalf(bytes, 208, fround(1 / by));
  const codes = new Uint8Array(256);
  for (let run = 0; run < 16; run += 1) {
    const multiple = Math.min(127, nearestWhole(fround(by * scales[run]!)));
    bytes[192 + run] = multiple;
    const scale = fround(step * multiple);
    for (let index = 16 * run; index < 16 * run + 16; index += 1)
      codes[index] = 32 + (scale === 0 ? 0 : within(nearestWhole(fround(values[index]! / scale)), -32, 31));
  }
  for (let index = 0; index < 128; index += 1) {
    const position = ((index >> 6) << 7) + (index & 63);
    bytes[index] = (codes[position]! & 15) | ((codes[position + 64]! & 15) << 4);
  }
  for (let index = 0; index < 256; index += 1)
    bytes[128 + ((index >> 7) << 5) + (index & 31)]! |= (codes[index]! >> 4) << (2 * ((index >> 5) & 3));
}

/** Quantizers by type name. */
export const kQuantizers: Readonly<Record<"Q4_K" | "Q5_K" | "Q6_K", BlockQuantizer>> = {
  Q4_K: withMinima(4),
  Q5_K: withMinima(5),
  Q6_K: sixBits,
};
