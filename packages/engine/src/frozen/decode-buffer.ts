// Where packed weights are decoded to. One buffer, used again and again, keeps a base's memory that of its packed bytes.

import * as tf from "@tensorflow/tfjs-core";
import { decodeKernel } from "./decode-kernel.ts";

/** Backends that have done with an array when an operation on it returns. Others may read it later. */
const backendsThatComputeAtOnce: ReadonlySet<string> = new Set(["cpu", "wasm", "native"]);

let buffer = new Float32Array(0);

/**
 * An array of `size` numbers to decode into, which holds its values until the next call: dispose of a tensor made of it,
 * and keep no other hold of it, before then.
 */
export function decodeBuffer(size: number): Float32Array {
  if (!backendsThatComputeAtOnce.has(tf.getBackend())) return new Float32Array(size);
  const kernel = decodeKernel();
  // There the kernel writes anyway.
  if (kernel !== undefined && size <= kernel.output.length) return kernel.output.subarray(0, size);
  if (buffer.length < size) buffer = new Float32Array(size);
  return buffer.subarray(0, size);
}
