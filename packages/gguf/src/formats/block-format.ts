// The common structure of GGML's quantized types: a block of codes, each for one of a few levels; runs of elements share a scale
// and possibly a minimum. An element is scale · level + minimum.

/** How blocks of a type are unpacked. */
export interface BlockFormat {
  /** The level of each code: 16 numbers, or 256 if codes have more than 4 bits. */
  readonly levels: Float32Array;
  /** Elements that share a scale; divides a block. */
  readonly runSize: number;
  /** The encoding of `BlockParts.scale`: bits of an F16 number, or a float32. */
  readonly scaleKind: "f16" | "f32";
  /** Whether runs have their own multiples of the block's scale. If not, a block is one run. */
  readonly hasMultiples: boolean;
  readonly hasMinimum: boolean;
  /** Whether a block is a scale, perhaps a minimum, and 16 bytes: element i in the low 4 bits of a byte, i + 16 in the high ones. */
  readonly isPairs?: boolean;
  /** Writes the parts of the block that begins at byte `at`. */
  readonly unpack: (bytes: Uint8Array, at: number, parts: BlockParts) => void;
}

/** One unpacked block; the memory is used again for the next one. */
export interface BlockParts {
  /** A level for each element. */
  readonly codes: Uint8Array;
  /** The block's scale. */
  scale: number;
  /** Each run's scale as a multiple of the block's. */
  readonly multiples: Int8Array;
  /** The block's minimum, as bits of an F16 number. */
  minimum: number;
  /** Each run's minimum as a multiple of the block's. */
  readonly minimumMultiples: Int8Array;
}

/** Formats by the names of their types. */
export type BlockFormats = Readonly<Record<string, BlockFormat>>;

/** A format with defaults: no own scales of runs, no minima, F16 scales. */
export function blockFormat(
  format: Pick<BlockFormat, "levels" | "runSize" | "unpack"> & Partial<BlockFormat>,
): BlockFormat {
  return { scaleKind: "f16", hasMultiples: false, hasMinimum: false, ...format };
}

/** Codes that are their own levels. */
export const nibbles: Float32Array = Float32Array.from({ length: 16 }, (_, code) => code);

/** Codes with 0 at 8, the middle: engines that multiply by codes round least there. */
export const centredNibbles: Float32Array = Float32Array.from({ length: 16 }, (_, code) => code - 8);

/** Levels of bytes that are signed numbers. */
export const signedBytes: Float32Array = Float32Array.from({ length: 256 }, (_, code) => (code << 24) >> 24);

/** Two bytes, little-endian. */
export function uint16At(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

/** Four bytes, little-endian. */
export function uint32At(bytes: Uint8Array, at: number): number {
  return (uint16At(bytes, at) | (uint16At(bytes, at + 2) << 16)) >>> 0;
}

/** The codes of `count` bytes from `from` on: first all low 4 bits, then all high ones. */
export function splitNibbles(bytes: Uint8Array, from: number, codes: Uint8Array, stretch: CodeRange): void {
  const { first, count } = stretch;
  for (let index = 0; index < count; index += 1) {
    const pair = bytes[from + index]!;
    codes[first + index] = pair & 15;
    codes[first + count + index] = pair >> 4;
  }
}

/** The target of the codes. */
export interface CodeRange {
  readonly first: number;
  /** The bytes to read. */
  readonly count: number;
}

/** 2-bit numbers of a block of 256, plus `zero`: of each 32 bytes first the lowest 2 bits, then the next ones, and so on. */
export function splitQuarters(
  bytes: Uint8Array,
  from: number,
  { codes, zero }: { readonly codes: Uint8Array; readonly zero: number },
): void {
  for (let index = 0; index < 256; index += 1)
    codes[index] = zero + ((bytes[from + ((index >> 7) << 5) + (index & 31)]! >> (2 * ((index >> 5) & 3))) & 3);
}
