// k-quants: blocks of 256 in runs of 16 or 32, whose scales and minima are small integer multiples of the block's. Source:
// ggml-quants.c (MIT licence), dequantize_row_q2_K and related functions.

import {
  type BlockFormats,
  type BlockParts,
  blockFormat,
  centredNibbles,
  nibbles,
  signedBytes,
  splitNibbles,
  splitQuarters,
  uint16At,
} from "./block-format.ts";

/** The minimum is subtracted in these types, so its sign is flipped: the highest bit of an F16 number. */
function negated(bits: number): number {
  return bits ^ 0x8000;
}

/** Scale, minimum and their multiples at the start of Q4_K's and Q5_K's blocks. */
function unpackFrame(bytes: Uint8Array, at: number, parts: BlockParts): void {
  parts.scale = uint16At(bytes, at);
  parts.minimum = negated(uint16At(bytes, at + 2));
  for (let run = 0; run < 4; run += 1) {
    // Twelve bytes contain 16 numbers of 6 bits; the high two bits of the last eight are in the first eight bytes.
    const [scale, minimum, mixed] = [bytes[at + 4 + run]!, bytes[at + 8 + run]!, bytes[at + 12 + run]!];
    parts.multiples[run] = scale & 63;
    parts.multiples[run + 4] = (mixed & 15) | ((scale >> 2) & 48);
    parts.minimumMultiples[run] = minimum & 63;
    parts.minimumMultiples[run + 4] = (mixed >> 4) | ((minimum >> 2) & 48);
  }
}

/** Bit n of byte i belongs to element 32n + i. It becomes bit `bit` of the code. */
function addBits(bytes: Uint8Array, from: number, codes: Uint8Array, bit: number): void {
  for (let index = 0; index < 256; index += 1)
    codes[index]! += ((bytes[from + (index & 31)]! >> (index >> 5)) & 1) << bit;
}

/** 128 bytes, 64 elements in each 32. */
function unpackHalves(bytes: Uint8Array, from: number, codes: Uint8Array): void {
  for (let chunk = 0; chunk < 4; chunk += 1)
    splitNibbles(bytes, from + 32 * chunk, codes, { first: 64 * chunk, count: 32 });
}

export const kQuantFormats: BlockFormats = {
  Q2_K: blockFormat({
    levels: centredNibbles,
    runSize: 16,
    hasMultiples: true,
    hasMinimum: true,
    unpack(bytes, at, parts) {
      for (let run = 0; run < 16; run += 1) {
        parts.multiples[run] = bytes[at + run]! & 15;
        parts.minimumMultiples[run] = bytes[at + run]! >> 4;
      }
      splitQuarters(bytes, at + 16, { codes: parts.codes, zero: 8 });
      parts.scale = uint16At(bytes, at + 80);
      parts.minimum = negated(uint16At(bytes, at + 82));
    },
  }),
  Q3_K: blockFormat({
    levels: centredNibbles,
    runSize: 16,
    hasMultiples: true,
    unpack(bytes, at, parts) {
      splitQuarters(bytes, at + 32, { codes: parts.codes, zero: 4 });
      addBits(bytes, at, parts.codes, 2);
      for (let run = 0; run < 16; run += 1) {
        const lower = (bytes[at + 96 + (run & 7)]! >> (4 * (run >> 3))) & 15;
        const upper = (bytes[at + 104 + (run & 3)]! >> (2 * (run >> 2))) & 3;
        parts.multiples[run] = (lower | (upper << 4)) - 32;
      }
      parts.scale = uint16At(bytes, at + 108);
    },
  }),
  Q4_K: blockFormat({
    levels: nibbles,
    runSize: 32,
    hasMultiples: true,
    hasMinimum: true,
    unpack(bytes, at, parts) {
      unpackFrame(bytes, at, parts);
      unpackHalves(bytes, at + 16, parts.codes);
    },
  }),
  Q5_K: blockFormat({
    levels: signedBytes,
    runSize: 32,
    hasMultiples: true,
    hasMinimum: true,
    unpack(bytes, at, parts) {
      unpackFrame(bytes, at, parts);
      unpackHalves(bytes, at + 48, parts.codes);
      addBits(bytes, at + 16, parts.codes, 4);
    },
  }),
  Q6_K: blockFormat({
    levels: signedBytes,
    runSize: 16,
    hasMultiples: true,
    unpack(bytes, at, parts) {
      for (const chunk of [0, 1]) {
        splitNibbles(bytes, at + 64 * chunk, parts.codes, { first: 128 * chunk, count: 64 });
        for (let index = 0; index < 128; index += 1) {
          const upper = (bytes[at + 128 + 32 * chunk + (index & 31)]! >> (2 * (index >> 5))) & 3;
          parts.codes[128 * chunk + index]! += (upper << 4) - 32;
        }
      }
      for (let run = 0; run < 16; run += 1) parts.multiples[run] = bytes[at + 192 + run]!; // as signed numbers
      parts.scale = uint16At(bytes, at + 208);
    },
  }),
  Q8_K: blockFormat({
    levels: signedBytes,
    runSize: 256,
    scaleKind: "f32",
    unpack(bytes, at, parts) {
      parts.scale = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getFloat32(0, true);
      parts.codes.set(bytes.subarray(at + 4, at + 260)); // sums of runs follow, which are not needed
    },
  }),
};
