// Blocks of quantised numbers → float32, equal to ggml bit for bit: a product of an 11-bit scale and an 8-bit number is
// exact in float32, so only the sum of Q4_1 is rounded, once, when it is stored.
// Source: ggml-quants.c, dequantize_row_*.

import { f16Values } from "@lowrank/contracts";
import { GgufError } from "./errors.ts";
import { tensorTypeOfName } from "./tensor-types.ts";

type Dequantize = (view: DataView, values: Float32Array) => void;

const half = 16; // a block of 32 keeps elements i and i + 16 in one byte

const dequantizers: ReadonlyMap<string, Dequantize> = new Map<string, Dequantize>([
  ["F32", (view, values) => each(values, (index) => view.getFloat32(index * 4, true))],
  ["F16", (view, values) => each(values, (index) => f16At(view, index * 2))],
  ["BF16", dequantizeBf16],
  ["Q8_0", dequantizeQ8_0],
  ["Q4_0", dequantizeQ4_0],
  ["Q4_1", dequantizeQ4_1],
]);

/** Names of the types that can be dequantised. */
export const dequantizableTypes: readonly string[] = [...dequantizers.keys()];

/**
 * Turns the bytes of `count` elements into float32.
 *
 * @throws {GgufError} `GGUF_TYPE_UNSUPPORTED` for another type than F32, F16, BF16, Q8_0, Q4_0 and Q4_1;
 * `GGUF_RANGE_INVALID` if the bytes are not those of `count` elements.
 *
 * @example
 * ```ts
 * import { dequantize } from "@lowrank/gguf";
 *
 * const block = new Uint8Array(34); // scale (F16) and 32 signed bytes
 * block.set([0x00, 0x38, 3, 0xff]); // scale 0.5, then 3 and −1
 * const values = dequantize(block, "Q8_0", 32); // Float32Array [1.5, -0.5, 0, …]
 * ```
 */
export function dequantize(bytes: Uint8Array, type: string, count: number): Float32Array {
  const run = dequantizers.get(type);
  const stored = tensorTypeOfName(type);
  if (run === undefined || stored === undefined) {
    const problem = `Tensors of type ${type} cannot be dequantised; supported are ${dequantizableTypes.join(", ")}.`;
    throw new GgufError("GGUF_TYPE_UNSUPPORTED", problem);
  }
  if (
    !Number.isSafeInteger(count) ||
    count < 0 ||
    count % stored.blockSize !== 0 ||
    bytes.length * stored.blockSize !== count * stored.blockBytes
  ) {
    const problem = `${count} elements of type ${type} take blocks of ${stored.blockBytes} bytes for ${stored.blockSize} each; got ${bytes.length} bytes.`;
    throw new GgufError("GGUF_RANGE_INVALID", problem);
  }
  const values = new Float32Array(count);
  run(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), values);
  return values;
}

function each(values: Float32Array, valueAt: (index: number) => number): void {
  for (let index = 0; index < values.length; index += 1) values[index] = valueAt(index);
}

function f16At(view: DataView, offset: number): number {
  return f16Values()[view.getUint16(offset, true)]!;
}

function dequantizeBf16(view: DataView, values: Float32Array): void {
  const bits = new Uint32Array(values.buffer);
  for (let index = 0; index < bits.length; index += 1) bits[index] = view.getUint16(index * 2, true) << 16;
}

/** scale (F16), 32 signed bytes q: scale·q */
function dequantizeQ8_0(view: DataView, values: Float32Array): void {
  const codes = new Int8Array(view.buffer, view.byteOffset, view.byteLength);
  for (let offset = 0, first = 0; first < values.length; offset += 34, first += 32) {
    const scale = f16At(view, offset);
    for (let index = first, at = offset + 2; index < first + 32; index += 1, at += 1)
      values[index] = scale * codes[at]!;
  }
}

/** scale (F16), 32 nibbles q: scale·(q − 8) */
function dequantizeQ4_0(view: DataView, values: Float32Array): void {
  const pairs = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  for (let offset = 0, first = 0; first < values.length; offset += 18, first += 32) {
    const scale = f16At(view, offset);
    for (let index = first, at = offset + 2; index < first + half; index += 1, at += 1) {
      const pair = pairs[at]!;
      values[index] = scale * ((pair & 15) - 8);
      values[index + half] = scale * ((pair >> 4) - 8);
    }
  }
}

/** scale (F16), minimum (F16), 32 nibbles q: scale·q + minimum */
function dequantizeQ4_1(view: DataView, values: Float32Array): void {
  const pairs = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  for (let offset = 0, first = 0; first < values.length; offset += 20, first += 32) {
    const scale = f16At(view, offset);
    const minimum = f16At(view, offset + 2);
    for (let index = first, at = offset + 4; index < first + half; index += 1, at += 1) {
      const pair = pairs[at]!;
      values[index] = scale * (pair & 15) + minimum;
      values[index + half] = scale * (pair >> 4) + minimum;
    }
  }
}
