// Where packed weights are decoded to. One buffer, used again and again, keeps a base's memory that of its packed bytes.

import { currentBackend } from "../engines/backends.ts";
import { decodeKernel } from "./decode-kernel.ts";

let buffer = new Float32Array(0);

/**
 * An array of `size` numbers to decode into, which holds its values until the next call: dispose of a tensor made of it,
 * and keep no other hold of it, before then.
 */
export function decodeBuffer(size: number): Float32Array {
  if (!currentBackend()?.computesAtOnce) return new Float32Array(size);
  const kernel = decodeKernel();
  // There the kernel writes anyway.
  if (kernel !== undefined && size <= kernel.output.length) return kernel.output.subarray(0, size);
  if (buffer.length < size) buffer = new Float32Array(size);
  return buffer.subarray(0, size);
}
