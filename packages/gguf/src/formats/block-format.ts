// What all quantised types of GGML have in common: a block of codes, each of which stands for one of a few levels, in runs
// that share a scale and perhaps a minimum. An element is scale · level + minimum.

/** How the blocks of one type are taken apart. */
export interface BlockFormat {
  /** What each code stands for: 16 numbers, or 256 where codes need more than 4 bits. */
  readonly levels: Float32Array;
  /** Elements that share a scale; divides a block. */
  readonly runSize: number;
  /** How `BlockParts.scale` is written: as the bits of an F16 number, or as a float32. */
  readonly scaleKind: "f16" | "f32";
  /** Whether runs have their own multiples of the block's scale; where not, a block is one run. */
  readonly hasMultiples: boolean;
  readonly hasMinimum: boolean;
  /** Whether a block is its scale, its minimum if it has one, and 16 bytes: the codes of its first half below, of its second above. */
  readonly isPairs?: boolean;
  /** Writes the parts of the block that begins at byte `at`. */
  readonly unpack: (bytes: Uint8Array, at: number, parts: BlockParts) => void;
}

/** One block; a room that is used again for the next. */
export interface BlockParts {
  /** A level for each element. */
  readonly codes: Uint8Array;
  /** Of the block. */
  scale: number;
  /** A run's scale is so many times the block's. */
  readonly multiples: Int8Array;
  /** Of the block, as bits of an F16 number. */
  minimum: number;
  /** A run's minimum is so many times the block's. */
  readonly minimumMultiples: Int8Array;
}

/** Formats by the names of their types. */
export type BlockFormats = Readonly<Record<string, BlockFormat>>;

/** A format without runs of their own, minima and float32 scales, but for what is said. */
export function blockFormat(
  format: Pick<BlockFormat, "levels" | "runSize" | "unpack"> & Partial<BlockFormat>,
): BlockFormat {
  return { scaleKind: "f16", hasMultiples: false, hasMinimum: false, ...format };
}

/** Codes that are their numbers. */
export const nibbles: Float32Array = Float32Array.from({ length: 16 }, (_, code) => code);

/** Codes in whose middle, at 8, stands 0: engines that multiply by codes round least there. */
export const centredNibbles: Float32Array = Float32Array.from({ length: 16 }, (_, code) => code - 8);

/** What bytes stand for that are signed numbers. */
export const signedBytes: Float32Array = Float32Array.from({ length: 256 }, (_, code) => (code << 24) >> 24);

/** Two bytes, the lower first. */
export function uint16At(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

/** Four bytes, the lowest first. */
export function uint32At(bytes: Uint8Array, at: number): number {
  return (uint16At(bytes, at) | (uint16At(bytes, at + 2) << 16)) >>> 0;
}

/** The codes of `count` bytes from `from` on: first all lower halves, then all upper ones. */
export function splitNibbles(bytes: Uint8Array, from: number, codes: Uint8Array, place: Stretch): void {
  const { first, count } = place;
  for (let index = 0; index < count; index += 1) {
    const pair = bytes[from + index]!;
    codes[first + index] = pair & 15;
    codes[first + count + index] = pair >> 4;
  }
}

/** Where codes are written. */
export interface Stretch {
  readonly first: number;
  /** Bytes that are read. */
  readonly count: number;
}

/** 2-bit numbers of a block of 256, over `zero`: of 32 bytes all lowest quarters, then all next ones, and so on. */
export function splitQuarters(
  bytes: Uint8Array,
  from: number,
  { codes, zero }: { readonly codes: Uint8Array; readonly zero: number },
): void {
  for (let index = 0; index < 256; index += 1)
    codes[index] = zero + ((bytes[from + ((index >> 7) << 5) + (index & 31)]! >> (2 * ((index >> 5) & 3))) & 3);
}
