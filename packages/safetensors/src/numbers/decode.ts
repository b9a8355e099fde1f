// Decodes the bytes of a tensor. One row for each element type; the frequent ones have a fast path.

import { f16Values } from "@lowrank/contracts/internal";
import { bitsOf, type Dtype } from "../dtypes.ts";
import { SafetensorsError, type SafetensorsErrorLocation } from "../errors.ts";

type ReadElement = (view: DataView, offset: number) => number;

const bf16 = new DataView(new ArrayBuffer(4));

const readers: ReadonlyMap<Dtype, ReadElement> = new Map<Dtype, ReadElement>([
  ["F64", (view, offset) => view.getFloat64(offset, true)],
  ["F32", (view, offset) => view.getFloat32(offset, true)],
  ["F16", (view, offset) => f16Values()[view.getUint16(offset, true)] ?? 0],
  ["BF16", (view, offset) => bf16ToNumber(view.getUint16(offset, true))],
  ["I64", (view, offset) => Number(view.getBigInt64(offset, true))],
  ["U64", (view, offset) => Number(view.getBigUint64(offset, true))],
  ["I32", (view, offset) => view.getInt32(offset, true)],
  ["U32", (view, offset) => view.getUint32(offset, true)],
  ["I16", (view, offset) => view.getInt16(offset, true)],
  ["U16", (view, offset) => view.getUint16(offset, true)],
  ["I8", (view, offset) => view.getInt8(offset)],
  ["U8", (view, offset) => view.getUint8(offset)],
  // Files contain bytes other than 0 and 1; all except 0 are true.
  ["BOOL", (view, offset) => (view.getUint8(offset) === 0 ? 0 : 1)],
]);

const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Values of a tensor as float32. F16, BF16, BOOL and integers of up to 16 bits are exact; F64 and wider integers are rounded.
 * `into`, of at least that length, receives the values; the result is then its start.
 *
 * @throws {SafetensorsError} `UnsupportedDtype` for 4-, 6- and 8-bit floats and C64; `InvalidTensorView` for a length that is no
 * whole number of elements.
 */
export function decodeToFloat32(
  bytes: Uint8Array,
  dtype: Dtype,
  location: SafetensorsErrorLocation = {},
  into?: Float32Array,
): Float32Array {
  const count = elementCount(bytes, dtype, location);
  if (hostIsLittleEndian && dtype === "F32" && into === undefined) return new Float32Array(copyOf(bytes));
  const target = into?.subarray(0, count) ?? new Float32Array(count);
  if (hostIsLittleEndian && dtype === "F32") new Uint8Array(target.buffer, target.byteOffset, bytes.length).set(bytes);
  else if (hostIsLittleEndian && dtype === "F16") widenF16(halvesOf(bytes), target);
  else if (hostIsLittleEndian && dtype === "BF16") widenBf16(halvesOf(bytes), target);
  else fill(target, bytes, dtype);
  return target;
}

/** Values of a tensor as float64: exact for all types except 64-bit integers beyond 2⁵³. Throws like `decodeToFloat32`. */
export function decodeToFloat64(
  bytes: Uint8Array,
  dtype: Dtype,
  location: SafetensorsErrorLocation = {},
): Float64Array {
  return fill(new Float64Array(elementCount(bytes, dtype, location)), bytes, dtype);
}

/**
 * Values of an integer or boolean tensor as int32.
 *
 * @throws {SafetensorsError} `UnsupportedDtype` for floats; `ValueOutOfRange` for a value that int32 cannot hold.
 */
export function decodeToInt32(bytes: Uint8Array, dtype: Dtype, location: SafetensorsErrorLocation = {}): Int32Array {
  const count = elementCount(bytes, dtype, location);
  if (!/^(I|U|BOOL)/.test(dtype)) throw new SafetensorsError("UnsupportedDtype", `${dtype} has no integers.`, location);
  const wide = fill(new Float64Array(count), bytes, dtype);
  const bad = wide.findIndex((value) => value !== (value | 0));
  if (bad >= 0) {
    const problem = `Element ${bad} is ${wide[bad]}, which does not fit into 32 bits.`;
    throw new SafetensorsError("ValueOutOfRange", problem, location);
  }
  return Int32Array.from(wide);
}

function elementCount(bytes: Uint8Array, dtype: Dtype, location: SafetensorsErrorLocation): number {
  if (!readers.has(dtype)) {
    const problem = `Elements of type ${dtype} cannot be decoded; supported are ${[...readers.keys()].join(", ")}.`;
    throw new SafetensorsError("UnsupportedDtype", problem, location);
  }
  const size = bitsOf(dtype) / 8;
  if (bytes.length % size === 0) return bytes.length / size;
  const problem = `${bytes.length} bytes are not a whole number of ${dtype} elements of ${size} bytes.`;
  throw new SafetensorsError("InvalidTensorView", problem, location);
}

function fill<T extends Float32Array | Float64Array>(target: T, bytes: Uint8Array, dtype: Dtype): T {
  const read = readers.get(dtype);
  const size = bitsOf(dtype) / 8;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (read !== undefined)
    for (let index = 0; index < target.length; index += 1) target[index] = read(view, index * size);
  return target;
}

/** A copy, because a file may have a tensor at an odd offset, where no typed array can start. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

/** Two bytes each; at an odd offset a copy. */
function halvesOf(bytes: Uint8Array): Uint16Array {
  if (bytes.byteOffset % 2 === 0) return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  return new Uint16Array(copyOf(bytes));
}

function widenF16(halves: Uint16Array, target: Float32Array): void {
  const values = f16Values();
  for (let index = 0; index < halves.length; index += 1) target[index] = values[halves[index] ?? 0] ?? 0;
}

function widenBf16(halves: Uint16Array, target: Float32Array): void {
  const bits = new Uint32Array(target.buffer, target.byteOffset, halves.length);
  for (let index = 0; index < halves.length; index += 1) bits[index] = (halves[index] ?? 0) << 16;
}

function bf16ToNumber(bits: number): number {
  bf16.setUint32(0, bits * 65_536);
  return bf16.getFloat32(0);
}
