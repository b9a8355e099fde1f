// Encodes float32 values as stored tensors. Source: ggml-quants.c (MIT licence); gguf-py, quants.py.

import { halfBits } from "@lowrank/contracts/internal";
import { GgufError } from "../errors.ts";
import { tensorTypeOfName } from "../tensor-types.ts";
import { kQuantizers } from "./quantizers/k-quants.ts";
import { legacyQuantizers } from "./quantizers/legacy.ts";
import type { BlockQuantizer } from "./quantizers/rounding.ts";

/** Types that can be written. */
export type EncodableType = "F32" | "F16" | "BF16" | keyof typeof quantizers;

const quantizers = { ...legacyQuantizers, ...kQuantizers };
const plain: Readonly<Record<"F32" | "F16" | "BF16", (values: Float32Array) => Uint8Array>> = {
  F32: (values) =>
    isLittleEndian
      ? new Uint8Array(values.slice().buffer)
      : littleEndian(values.length, 4, (view, index) => view.setFloat32(index * 4, values[index]!, true)),
  F16: (values) => halves(values, "f16"),
  BF16: (values) => halves(values, "bf16"),
};

/** Names of all types that can be written. */
export const encodableTypes: readonly EncodableType[] = [
  ...(["F32", "F16", "BF16"] as const),
  ...(["Q8_0", "Q6_K", "Q5_K", "Q5_1", "Q5_0", "Q4_K", "Q4_1", "Q4_0"] as const),
];

/**
 * Encodes values in a GGUF type: F16 and BF16 round to nearest, ties to even; quantized types are bit for bit like ggml without
 * an importance matrix.
 *
 * @throws {GgufError} `GGUF_RANGE_INVALID` if the values are not whole blocks: of 32, or 256 for k-quants.
 */
export function encodeValues(values: Float32Array, type: EncodableType): Uint8Array {
  if (Object.hasOwn(plain, type)) return plain[type as keyof typeof plain](values);
  if (Object.hasOwn(quantizers, type)) return quantized(values, type, quantizers[type as keyof typeof quantizers]);
  const problem = `Tensors of type ${String(type)} cannot be written; supported are ${encodableTypes.join(", ")}.`;
  throw new GgufError("GGUF_TYPE_UNSUPPORTED", problem);
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function littleEndian(count: number, size: number, set: (view: DataView, index: number) => void): Uint8Array {
  const bytes = new Uint8Array(count * size);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < count; index += 1) set(view, index);
  return bytes;
}

function halves(values: Float32Array, kind: "f16" | "bf16"): Uint8Array {
  const bits = halfBits(values, kind);
  if (isLittleEndian) return new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength);
  return littleEndian(bits.length, 2, (view, index) => view.setUint16(index * 2, bits[index]!, true));
}

function quantized(values: Float32Array, type: string, quantize: BlockQuantizer): Uint8Array {
  const { blockSize = 1, blockBytes = 1 } = tensorTypeOfName(type) ?? {};
  if (values.length % blockSize !== 0) {
    const problem = `${type} needs whole blocks of ${blockSize} values; got ${values.length}.`;
    throw new GgufError("GGUF_RANGE_INVALID", problem);
  }
  const bytes = new Uint8Array((values.length / blockSize) * blockBytes);
  for (let first = 0, at = 0; first < values.length; first += blockSize, at += blockBytes)
    quantize(values.subarray(first, first + blockSize), bytes.subarray(at, at + blockBytes));
  return bytes;
}
