// Points of a grid, unpacked once.

/** Points one after another, a byte for each code. */
export interface Grid {
  /** Codes of a point. */
  readonly groupSize: number;
  readonly codes: Uint8Array;
}

/** Unpacks a table in base64. */
export function gridOf(
  text: string,
  { groupSize, codeBits }: { readonly groupSize: number; readonly codeBits: 2 | 4 },
): Grid {
  const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const perByte = 8 / codeBits;
  const mask = 2 ** codeBits - 1;
  const codes = Uint8Array.from({ length: packed.length * perByte }, (_, index) => {
    return (packed[Math.floor(index / perByte)]! >> (codeBits * (index % perByte))) & mask;
  });
  return { groupSize, codes };
}

/** Which point, and the signs of its elements, the first in the lowest bit. */
export interface SignedPoint {
  readonly point: number;
  readonly signs: number;
  /** What a sign adds to a code. */
  readonly signBit: 4 | 8;
}

/** Writes a point's codes from `first` on. */
export function setPoint(codes: Uint8Array, first: number, grid: Grid, { point, signs, signBit }: SignedPoint): void {
  const { groupSize } = grid;
  for (let index = 0; index < groupSize; index += 1)
    codes[first + index] = grid.codes[point * groupSize + index]! | ((signs >> index) & 1 ? signBit : 0);
}
