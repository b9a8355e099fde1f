// Levels of codes that are evenly spaced, as integers are: a product computes them, and reads no table.

import type { BlockMatrix } from "./packed-matrix.ts";

/** levels[code] = middle + step·(code − half of the codes), with codes unsigned or, if `isSigned`, as signed numbers. */
export interface EvenLevels {
  readonly step: number;
  readonly middle: number;
  readonly isSigned: boolean;
}

/** Undefined for other levels (NF4). */
export function evenLevels({ levels, codeBits }: BlockMatrix): EvenLevels | undefined {
  const half = 2 ** (codeBits - 1);
  for (const isSigned of codeBits === 8 ? [false, true] : [false]) {
    const level = (code: number) => levels[isSigned ? code ^ half : code] ?? 0;
    const middle = level(half);
    const step = level(half + 1) - middle;
    const isEven = levels.every((_, code) => level(code) === Math.fround(middle + step * (code - half)));
    if (isEven) return { step, middle, isSigned };
  }
  return undefined;
}
