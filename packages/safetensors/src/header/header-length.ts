// The first 8 bytes: how long the header is, believed only after a look at the file's size.

import { describeLfsPointer } from "@lowrank/contracts";
import { SafetensorsError } from "../errors.ts";
import type { ReadOptions } from "../read-options.ts";

/** The largest header that the format allows, in bytes. */
export const headerLimit = 100_000_000;
const defaultHeaderBytes = 25_000_000;

/**
 * Reads the length of the header from a file's first 8 bytes and checks it against the file's size, before anything
 * is allocated. Compared as BigInt: 2⁵³ + 1 is not a Number.
 */
export function headerLength(
  prefix: Uint8Array,
  { name: file, size: fileSize }: { readonly name: string; readonly size: number },
  options: ReadOptions = {},
): number {
  if (fileSize < 8 || prefix.length < 8) {
    const problem = `The file has ${fileSize} bytes; a safetensors file has at least 8 for the length of its header.`;
    throw new SafetensorsError("HeaderTooSmall", problem, { file, offset: 0 });
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  const limit = Math.min(options.maxHeaderBytes ?? defaultHeaderBytes, headerLimit);
  if (length > BigInt(limit)) {
    const pointer = describeLfsPointer(prefix);
    const problem =
      pointer === undefined
        ? `The header claims ${length} bytes, more than the limit of ${limit}.${advice(prefix, length, fileSize)}`
        : `This is ${pointer}.`;
    throw new SafetensorsError("HeaderTooLarge", problem, { file, offset: 0 });
  }
  if (length > BigInt(fileSize - 8)) {
    const problem = `The header claims ${length} bytes, but only ${fileSize - 8} follow; the file was cut off.`;
    throw new SafetensorsError("InvalidHeaderLength", problem, { file, offset: 0 });
  }
  return Number(length);
}

function advice(prefix: Uint8Array, length: bigint, fileSize: number): string {
  const isZip = prefix[0] === 0x50 && prefix[1] === 0x4b;
  const isPickle = prefix[0] === 0x80 && (prefix[1] ?? 0) <= 5;
  const isPlausible = length <= BigInt(headerLimit) && length <= BigInt(fileSize - 8);
  if (isPlausible) return " If you trust the file, set maxHeaderBytes.";
  if (!isZip && !isPickle) return " This is no safetensors file, or a damaged one.";
  return " This looks like a PyTorch pickle, which can run code when read and is never opened here: convert it with safetensors.torch.save_file in Python.";
}
