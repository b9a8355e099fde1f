// Types of −1, 0 and 1, for BitNet's models. Source: ggml-quants.c (MIT licence), dequantize_row_tq1_0 and _tq2_0.

import { type BlockFormats, blockFormat, centredNibbles, splitQuarters, uint16At } from "./block-format.ts";

/** The code of 0; −1 is the one before. */
const zero = 8;

/** Five digits to the base 3 in a byte, as a fraction of 256: times a power of 3, the next digit comes on top. */
function digit(byte: number, place: number): number {
  return (((byte * 3 ** place) & 255) * 3) >> 8;
}

/** TQ1_0 and TQ2_0. */
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
