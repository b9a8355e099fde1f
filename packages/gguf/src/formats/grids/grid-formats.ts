// The IQ1, IQ2 and IQ3 types: blocks of 256 in groups of 4 or 8. Each group is a point of a grid, usually with its own signs.
// Source: ggml-quants.c (MIT licence), dequantize_row_iq2_xxs and related functions. ggml's d · (½ + s) · ¼ is d · (1 + 2s) here,
// with levels divided by 8: exactly the same numbers.

import { type BlockFormat, type BlockFormats, blockFormat, uint16At, uint32At } from "../block-format.ts";
import { iq1Grid, iq2SGrid, iq2XsGrid, iq2XxsGrid, iq3SGrid, iq3XxsGrid } from "./grid-tables.ts";

/** Levels for codes of a grid with a sign in a free bit. */
function signedLevels(magnitudes: readonly number[], signBit: 4 | 8, unit: number): Float32Array {
  return Float32Array.from({ length: 16 }, (_, code) => {
    const magnitude = (magnitudes[code & (signBit - 1)] ?? 0) * unit;
    return code & signBit ? -magnitude : magnitude;
  });
}

const levels2 = signedLevels([0x08, 0x19, 0x2b], 4, 1 / 8);
const levels3 = signedLevels([0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3e], 8, 1 / 4);
const levels3S = signedLevels([1, 3, 5, 7, 9, 11, 13, 15], 8, 1);
/** −1, 0 and 1, plus an eighth or, with bit 2, minus an eighth. */
const levels1 = Float32Array.from({ length: 16 }, (_, code) => (code & 3) - 1 + (code & 4 ? -0.125 : 0.125));

/** Seven signs, and an eighth one that makes their number even. */
function evenSigns(seven: number): number {
  const folded = seven ^ (seven >> 4);
  const parity = (0x6996 >> (folded & 15)) & 1;
  return seven | (parity << 7);
}

/** The 4 bits of run `run`, counted from `from`, as an odd multiple. */
function oddMultiple(bytes: Uint8Array, from: number, run: number): number {
  return 1 + 2 * ((bytes[from + (run >> 1)]! >> (4 * (run & 1))) & 15);
}

function gridFormat(format: Pick<BlockFormat, "levels" | "runSize" | "unpack">): BlockFormat {
  return blockFormat({ ...format, hasMultiples: true });
}

function iq2Formats(xxs: Grid, xs: Grid, s: Grid): BlockFormats {
  return {
    IQ2_XXS: gridFormat({
      levels: levels2,
      runSize: 32,
      unpack(bytes, at, parts) {
        parts.scale = uint16At(bytes, at);
        for (let group = 0; group < 32; group += 1) {
          const from = at + 2 + 8 * (group >> 2);
          const rest = uint32At(bytes, from + 4);
          const signs = evenSigns((rest >>> (7 * (group & 3))) & 127);
          setPoint(parts.codes, 8 * group, xxs, { point: bytes[from + (group & 3)]!, signs, signBit: 4 });
          parts.multiples[group >> 2] = 1 + 2 * (rest >>> 28);
        }
      },
    }),
    IQ2_XS: gridFormat({
      levels: levels2,
      runSize: 16,
      unpack(bytes, at, parts) {
        parts.scale = uint16At(bytes, at);
        for (let group = 0; group < 32; group += 1) {
          const word = uint16At(bytes, at + 2 + 2 * group);
          const signs = evenSigns(word >> 9);
          setPoint(parts.codes, 8 * group, xs, { point: word & 511, signs, signBit: 4 });
        }
        for (let run = 0; run < 16; run += 1) parts.multiples[run] = oddMultiple(bytes, at + 66, run);
      },
    }),
    IQ2_S: gridFormat({
      levels: levels2,
      runSize: 16,
      unpack(bytes, at, parts) {
        parts.scale = uint16At(bytes, at);
        for (let group = 0; group < 32; group += 1) {
          const upper = (bytes[at + 66 + (group >> 2)]! >> (2 * (group & 3))) & 3;
          const point = bytes[at + 2 + group]! | (upper << 8);
          setPoint(parts.codes, 8 * group, s, { point, signs: bytes[at + 34 + group]!, signBit: 4 });
        }
        for (let run = 0; run < 16; run += 1) parts.multiples[run] = oddMultiple(bytes, at + 74, run);
      },
    }),
  };
}

function iq3Formats(xxs: Grid, s: Grid): BlockFormats {
  return {
    IQ3_XXS: gridFormat({
      levels: levels3,
      runSize: 32,
      unpack(bytes, at, parts) {
        parts.scale = uint16At(bytes, at);
        for (let group = 0; group < 64; group += 1) {
          const rest = uint32At(bytes, at + 66 + 4 * (group >> 3));
          const signs = evenSigns((rest >>> (7 * ((group >> 1) & 3))) & 127) >> (4 * (group & 1));
          setPoint(parts.codes, 4 * group, xxs, { point: bytes[at + 2 + group]!, signs, signBit: 8 });
          parts.multiples[group >> 3] = 1 + 2 * (rest >>> 28);
        }
      },
    }),
    IQ3_S: gridFormat({
      levels: levels3S,
      runSize: 32,
      unpack(bytes, at, parts) {
        parts.scale = uint16At(bytes, at);
        for (let group = 0; group < 64; group += 1) {
          const upper = (bytes[at + 66 + (group >> 3)]! >> (group & 7)) & 1;
          const signs = bytes[at + 74 + (group >> 1)]! >> (4 * (group & 1));
          setPoint(parts.codes, 4 * group, s, { point: bytes[at + 2 + group]! | (upper << 8), signs, signBit: 8 });
        }
        for (let run = 0; run < 8; run += 1) parts.multiples[run] = oddMultiple(bytes, at + 106, run);
      },
    }),
  };
}

function iq1Formats(grid: Grid): BlockFormats {
  return {
    IQ1_S: gridFormat({
      levels: levels1,
      runSize: 32,
      unpack(bytes, at, parts) {
        parts.scale = uint16At(bytes, at);
        for (let group = 0; group < 32; group += 1) {
          const word = uint16At(bytes, at + 34 + 2 * (group >> 2));
          const point = bytes[at + 2 + group]! | (((word >> (3 * (group & 3))) & 7) << 8);
          setPoint(parts.codes, 8 * group, grid, { point, signs: word & 0x8000 ? 255 : 0, signBit: 4 });
          parts.multiples[group >> 2] = 1 + 2 * ((word >> 12) & 7);
        }
      },
    }),
    IQ1_M: gridFormat({
      levels: levels1,
      runSize: 16,
      unpack(bytes, at, parts) {
        parts.scale = 0;
        for (let part = 0; part < 4; part += 1) {
          const word = uint16At(bytes, at + 48 + 2 * part);
          parts.scale |= (word >> 12) << (4 * part); // a nibble of the scale above four multiples
          for (let run = 0; run < 4; run += 1) parts.multiples[4 * part + run] = 1 + 2 * ((word >> (3 * run)) & 7);
        }
        for (let group = 0; group < 32; group += 1) {
          const nibble = bytes[at + 32 + (group >> 1)]! >> (4 * (group & 1));
          const point = bytes[at + group]! | ((nibble & 7) << 8);
          setPoint(parts.codes, 8 * group, grid, { point, signs: nibble & 8 ? 255 : 0, signBit: 4 });
        }
      },
    }),
  };
}

export function makeGridFormats(): BlockFormats {
  const eights = (text: string) => gridOf(text, { groupSize: 8, codeBits: 2 });
  const fours = (text: string) => gridOf(text, { groupSize: 4, codeBits: 4 });
  return {
    ...iq1Formats(eights(iq1Grid)),
    ...iq2Formats(eights(iq2XxsGrid), eights(iq2XsGrid), eights(iq2SGrid)),
    ...iq3Formats(fours(iq3XxsGrid), fours(iq3SGrid)),
  };
}

/** All points, one byte for each code. */
interface Grid {
  /** Number of codes of a point. */
  readonly groupSize: number;
  readonly codes: Uint8Array;
}

/** Unpacks a table in base64. */
function gridOf(text: string, { groupSize, codeBits }: { readonly groupSize: number; readonly codeBits: 2 | 4 }): Grid {
  const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const perByte = 8 / codeBits;
  const mask = 2 ** codeBits - 1;
  const codes = Uint8Array.from({ length: packed.length * perByte }, (_, index) => {
    return (packed[Math.floor(index / perByte)]! >> (codeBits * (index % perByte))) & mask;
  });
  return { groupSize, codes };
}

/** The point's index, and the signs of its elements, the first in the lowest bit. */
interface SignedPoint {
  readonly point: number;
  readonly signs: number;
  /** The value that a sign adds to a code. */
  readonly signBit: 4 | 8;
}

/** Writes a point's codes from `first` on. */
function setPoint(codes: Uint8Array, first: number, grid: Grid, { point, signs, signBit }: SignedPoint): void {
  const { groupSize } = grid;
  for (let index = 0; index < groupSize; index += 1)
    codes[first + index] = grid.codes[point * groupSize + index]! | ((signs >> index) & 1 ? signBit : 0);
}
