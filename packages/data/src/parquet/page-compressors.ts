// What unpacks a Parquet file's pages, within bounds: each says itself how large it will be, before it is.

import type { Compressors } from "hyparquet";

/** Writers make pages of a megabyte; a page of one long text is larger. */
const largestPage = 2 ** 28;

/** Every way of packing that the format names, but LZO, which nobody writes. */
export async function boundedCompressors(): Promise<Compressors> {
  const { compressors } = await import("hyparquet-compressors");
  const bounded = Object.entries(compressors).map(([name, unpack]) => {
    return [name, (bytes: Uint8Array, size: number) => unpack(bytes, refuseLarge(size))];
  });
  return Object.fromEntries(bounded);
}

function refuseLarge(size: number): number {
  if (size <= largestPage) return size;
  throw new RangeError(`a page of ${size} bytes, more than ${largestPage}`);
}
