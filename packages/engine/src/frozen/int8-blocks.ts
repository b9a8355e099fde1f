// A matrix in 8 bits as blocks, for engines that decode it to multiply in float32.

import type { Int8Matrix } from "../packed/int8-matrix.ts";
import type { BlockMatrix } from "../packed/packed-matrix.ts";

const signedBytes = Float32Array.from({ length: 256 }, (_, code) => (code << 24) >> 24);

/** The same numbers, a block for each output. */
export function blocksOf({ outFeatures, inFeatures, codes, scales }: Int8Matrix): BlockMatrix {
  return {
    kind: "blocks",
    rows: outFeatures,
    columns: inFeatures,
    blockSize: inFeatures + (inFeatures % 2),
    codeBits: 8,
    levels: signedBytes,
    codes: new Uint8Array(codes.buffer, codes.byteOffset, codes.length),
    scales,
  };
}
