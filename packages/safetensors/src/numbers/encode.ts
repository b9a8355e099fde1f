// Encodes numbers as bytes of a tensor, rounded once, to nearest with ties to even. Values that do not fit are an error.

import { halfBits } from "@lowrank/contracts/internal";
import { bitsOf, type Dtype } from "../dtypes.ts";
import { SafetensorsError } from "../errors.ts";
import { countElements } from "../header/check-layout.ts";

/** A tensor ready to be written. */
export interface TensorData {
  readonly dtype: Dtype;
  /** Empty for a scalar; a dimension may be 0. */
  readonly shape: readonly number[];
  /** Little-endian, in row-major order. */
  readonly data: Uint8Array;
}

/** Element types that `encodeNumbers` can make. */
export type EncodableDtype =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "U32"
  | "I16"
  | "U16"
  | "I8"
  | "U8"
  | "BOOL";

type WriteElement = (view: DataView, offset: number, value: number) => void;

/** Names of 16-bit floats for the encoder. */
const halfKinds = { F16: "f16", BF16: "bf16" } as const;

const writers: Readonly<Record<Exclude<EncodableDtype, keyof typeof halfKinds>, WriteElement>> = {
  F64: (view, offset, value) => view.setFloat64(offset, value, true),
  F32: (view, offset, value) => view.setFloat32(offset, value, true),
  I64: (view, offset, value) => view.setBigInt64(offset, BigInt(value), true),
  I32: (view, offset, value) => view.setInt32(offset, value, true),
  U32: (view, offset, value) => view.setUint32(offset, value, true),
  I16: (view, offset, value) => view.setInt16(offset, value, true),
  U16: (view, offset, value) => view.setUint16(offset, value, true),
  I8: (view, offset, value) => view.setInt8(offset, value),
  U8: (view, offset, value) => view.setUint8(offset, value),
  BOOL: (view, offset, value) => view.setUint8(offset, value),
};

/** On little-endian machines float32 arrays have the layout of files. */
const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Smallest and largest value of each integer type; for I64 what a number holds exactly. */
const integerRange: ReadonlyMap<EncodableDtype, readonly [number, number]> = new Map([
  ["I64", [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]],
  ["I32", [-(2 ** 31), 2 ** 31 - 1]],
  ["U32", [0, 2 ** 32 - 1]],
  ["I16", [-32_768, 32_767]],
  ["U16", [0, 65_535]],
  ["I8", [-128, 127]],
  ["U8", [0, 255]],
  ["BOOL", [0, 1]],
]);

/** Larger finite values round to infinity. */
const floatLimit: ReadonlyMap<EncodableDtype, number> = new Map([
  ["F32", 2 ** 128 - 2 ** 103],
  ["F16", 65_520],
  ["BF16", 2 ** 128 - 2 ** 119],
]);

/**
 * Encodes numbers as little-endian bytes of a type. F16 and BF16 are rounded by way of float32.
 *
 * @throws {SafetensorsError} `ValueOutOfRange` with the first value, its index and the number of such values, if a finite
 * value would become infinite or an integer type cannot store a value.
 */
export function encodeNumbers(values: ArrayLike<number>, dtype: EncodableDtype): Uint8Array {
  if (dtype === "F32" && values instanceof Float32Array && hostIsLittleEndian)
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
  if (dtype === "F16" || dtype === "BF16") return encodeHalves(values, dtype);
  checkRange(values, dtype);
  return write(values, dtype);
}

/** Used for whole models, so values that do not fit are searched only if a result is infinite. */
function encodeHalves(values: ArrayLike<number>, dtype: keyof typeof halfKinds): Uint8Array {
  const bits = halfBits(values instanceof Float32Array ? values : Float32Array.from(values), halfKinds[dtype]);
  const infinite = dtype === "F16" ? 0x7c00 : 0x7f80;
  for (let index = 0; index < bits.length; index += 1)
    if (((bits[index] as number) & 0x7fff) === infinite) {
      checkRange(values, dtype);
      break;
    }
  return hostIsLittleEndian ? new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength) : write(bits, "U16");
}

/**
 * Encodes float32 values as F32 (exact), F16 or BF16 (rounded to nearest even), for writing at once: on little-endian processors the
 * bytes of F32 are the values' own memory and change with them. Throws as `encodeNumbers`.
 */
export function encodeFloat32(values: Float32Array, dtype: "F32" | "F16" | "BF16"): Uint8Array {
  if (dtype === "F32" && hostIsLittleEndian) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return encodeNumbers(values, dtype);
}

/** An F32 tensor from a shape and its values. Throws `InvalidTensorView` if their counts differ. */
export function float32Tensor(shape: readonly number[], values: Float32Array): TensorData {
  return numbersTensor("F32", shape, values);
}

/** A tensor of any encodable type from a shape and its values. Throws as `encodeNumbers`, and `InvalidTensorView`. */
export function numbersTensor(dtype: EncodableDtype, shape: readonly number[], values: ArrayLike<number>): TensorData {
  const wanted = countElements(shape);
  if (wanted !== values.length) {
    const problem = `Shape [${shape.join(", ")}] needs ${wanted} values, got ${values.length}.`;
    throw new SafetensorsError("InvalidTensorView", problem);
  }
  return { dtype, shape: [...shape], data: encodeNumbers(values, dtype) };
}

function write(values: ArrayLike<number>, dtype: keyof typeof writers): Uint8Array {
  const size = bitsOf(dtype) / 8;
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  const writeElement = writers[dtype];
  for (let index = 0; index < values.length; index += 1) writeElement(view, index * size, values[index] ?? 0);
  return bytes;
}

function checkRange(values: ArrayLike<number>, dtype: EncodableDtype): void {
  const isBad = outOfRange(dtype);
  if (isBad === undefined) return;
  let first = -1;
  let count = 0;
  for (let index = 0; index < values.length; index += 1) {
    if (!isBad(values[index] ?? 0)) continue;
    if (count === 0) first = index;
    count += 1;
  }
  if (count === 0) return;
  const problem = `${dtype} cannot store ${count} of ${values.length} values; the first is ${values[first]} at index ${first}.`;
  throw new SafetensorsError("ValueOutOfRange", problem);
}

function outOfRange(dtype: EncodableDtype): ((value: number) => boolean) | undefined {
  const range = integerRange.get(dtype);
  if (range !== undefined) return (value) => !Number.isInteger(value) || value < range[0] || value > range[1];
  const limit = floatLimit.get(dtype);
  if (limit === undefined) return undefined;
  // The two short types are rounded by way of float32, which may reach the limit from below.
  return (value) =>
    (dtype === "F32" ? Math.abs(value) : Math.abs(Math.fround(value))) >= limit && Number.isFinite(value);
}
