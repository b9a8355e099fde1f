// Types with 16 unevenly spaced levels: IQ4_NL and IQ4_XS, and MXFP4 of the Open Compute Project's Microscaling Formats 1.0.
// Source: ggml-quants.c (MIT licence), dequantize_row_iq4_nl and related functions.

import {
  type BlockFormats,
  blockFormat,
  centredNibbles,
  splitNibbles,
  splitQuarters,
  uint16At,
} from "./block-format.ts";

/** The code of 0; −1 is the one before. */
const zero = 8;

/** Five base-3 digits in a byte, as a fraction of 256: multiplied by a power of 3, the next digit is on top. */
function digit(byte: number, position: number): number {
  return (((byte * 3 ** position) & 255) * 3) >> 8;
}

export const ternaryFormats: BlockFormats = {
  TQ1_0: blockFormat({
    levels: centredNibbles,
    runSize: 256,
    unpack(bytes, at, parts) {
      const { codes } = parts;
      for (let index = 0; index < 160; index += 1)
        codes[index] = zero - 1 + digit(bytes[at + (index & 31)]!, index >> 5);
      for (let index = 0; index < 80; index += 1)
        codes[160 + index] = zero - 1 + digit(bytes[at + 32 + (index & 15)]!, index >> 4);
      for (let index = 0; index < 16; index += 1)
        codes[240 + index] = zero - 1 + digit(bytes[at + 48 + (index & 3)]!, index >> 2);
      parts.scale = uint16At(bytes, at + 52);
    },
  }),
  TQ2_0: blockFormat({
    levels: centredNibbles,
    runSize: 256,
    unpack(bytes, at, parts) {
      splitQuarters(bytes, at, { codes: parts.codes, zero: zero - 1 });
      parts.scale = uint16At(bytes, at + 64);
    },
  }),
};

const nonLinear = Float32Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);
/** Twice the values of E2M1; the scales are halved. */
const smallFloats = Float32Array.of(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

/** 2^(exponent − 128) for each byte, the two smallest subnormal. */
let powers: Float32Array | undefined;
function halfPowers(): Float32Array {
  powers ??= Float32Array.from({ length: 256 }, (_, exponent) => 2 ** (exponent - 128));
  return powers;
}

export const unevenFormats: BlockFormats = {
  IQ4_NL: blockFormat({
    levels: nonLinear,
    runSize: 32,
    isPairs: true,
    unpack(bytes, at, parts) {
      parts.scale = uint16At(bytes, at);
      splitNibbles(bytes, at + 2, parts.codes, { first: 0, count: 16 });
    },
  }),
  IQ4_XS: blockFormat({
    levels: nonLinear,
    runSize: 32,
    hasMultiples: true,
    unpack(bytes, at, parts) {
      parts.scale = uint16At(bytes, at);
      const upper = uint16At(bytes, at + 2);
      for (let run = 0; run < 8; run += 1) {
        const lower = (bytes[at + 4 + (run >> 1)]! >> (4 * (run & 1))) & 15;
        parts.multiples[run] = (lower | (((upper >> (2 * run)) & 3) << 4)) - 32;
        splitNibbles(bytes, at + 8 + 16 * run, parts.codes, { first: 32 * run, count: 16 });
      }
    },
  }),
  MXFP4: blockFormat({
    levels: smallFloats,
    runSize: 32,
    scaleKind: "f32",
    unpack(bytes, at, parts) {
      parts.scale = halfPowers()[bytes[at]!]!;
      splitNibbles(bytes, at + 1, parts.codes, { first: 0, count: 16 });
    },
  }),
};
