// The oldest types: blocks of 32 with one scale in F16, some with a minimum. Source: ggml-quants.c (MIT licence),
// dequantize_row_q4_0 and related functions.

import {
  type BlockFormats,
  type BlockParts,
  blockFormat,
  centredNibbles,
  nibbles,
  signedBytes,
  splitNibbles,
  uint16At,
  uint32At,
} from "./block-format.ts";

const half = 16; // elements i and i + 16 share a byte
const whole = { first: 0, count: half };

/** Bit i is the fifth bit of element i; `lowest` is the value without it. */
function addFifthBits(bits: number, codes: Uint8Array, lowest: number): void {
  for (let index = 0; index < 32; index += 1) codes[index]! += (((bits >>> index) & 1) << 4) + lowest;
}

function unpackScaled(bytes: Uint8Array, at: number, parts: BlockParts): void {
  parts.scale = uint16At(bytes, at);
  splitNibbles(bytes, at + 2, parts.codes, whole);
}

export const legacyFormats: BlockFormats = {
  Q8_0: blockFormat({
    levels: signedBytes,
    runSize: 32,
    unpack(bytes, at, parts) {
      parts.scale = uint16At(bytes, at);
      parts.codes.set(bytes.subarray(at + 2, at + 34));
    },
  }),
  Q4_0: blockFormat({ levels: centredNibbles, runSize: 32, isPairs: true, unpack: unpackScaled }),
  Q4_1: blockFormat({
    levels: nibbles,
    runSize: 32,
    hasMinimum: true,
    isPairs: true,
    unpack(bytes, at, parts) {
      parts.minimum = uint16At(bytes, at + 2);
      parts.scale = uint16At(bytes, at);
      splitNibbles(bytes, at + 4, parts.codes, whole);
    },
  }),
  Q5_0: blockFormat({
    levels: signedBytes,
    runSize: 32,
    unpack(bytes, at, parts) {
      parts.scale = uint16At(bytes, at);
      splitNibbles(bytes, at + 6, parts.codes, whole);
      addFifthBits(uint32At(bytes, at + 2), parts.codes, -16);
    },
  }),
  Q5_1: blockFormat({
    levels: signedBytes,
    runSize: 32,
    hasMinimum: true,
    unpack(bytes, at, parts) {
      parts.scale = uint16At(bytes, at);
      parts.minimum = uint16At(bytes, at + 2);
      splitNibbles(bytes, at + 8, parts.codes, whole);
      addFifthBits(uint32At(bytes, at + 4), parts.codes, 0);
    },
  }),
};
