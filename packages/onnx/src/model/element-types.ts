// ONNX's types of numbers that a weight may have, and how they become float32 and back.

import { f16Values, halfBits } from "@lowrank/contracts";

/** A type that adapters can be folded into. */
export type FloatType = "F32" | "F16" | "BF16";

/** ONNX's numbers for them (TensorProto.DataType). */
export const elementTypes: Readonly<Record<FloatType, number>> = { F32: 1, F16: 10, BF16: 16 };

/** The type with that number, if it is one of floats. */
export function floatTypeOf(elementType: number): FloatType | undefined {
  return (Object.keys(elementTypes) as FloatType[]).find((type) => elementTypes[type] === elementType);
}

/** Bytes of one number. */
export function bytesPer(type: FloatType): number {
  return type === "F32" ? 4 : 2;
}

/** Little-endian bytes → numbers. */
export function decodeFloats(bytes: Uint8Array, type: FloatType): Float32Array {
  const own = bytes.slice(); // a file's offsets are no multiples of four
  if (type === "F32") return new Float32Array(own.buffer);
  const bits = new Uint16Array(own.buffer);
  if (type === "F16") {
    const values = f16Values();
    return Float32Array.from(bits, (bit) => values[bit]!);
  }
  return new Float32Array(Uint32Array.from(bits, (bit) => bit * 65_536).buffer);
}

/** Numbers → little-endian bytes, rounded to the nearest, to even halfway. */
export function encodeFloats(values: Float32Array, type: FloatType): Uint8Array {
  if (type === "F32") return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return new Uint8Array(halfBits(values, type === "F16" ? "f16" : "bf16").buffer);
}
