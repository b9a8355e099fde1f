// ONNX's types of numbers that a weight may have, under the names that safetensors has for them.

/** A type that adapters can be folded into. */
export type FloatType = "F32" | "F16" | "BF16";

/** ONNX's numbers for them (TensorProto.DataType). */
export const elementTypes: Readonly<Record<FloatType, number>> = { F32: 1, F16: 10, BF16: 16 };

/** The type with that number, if it is one of floats. */
export function floatTypeOf(elementType: number): FloatType | undefined {
  return (Object.keys(elementTypes) as FloatType[]).find((type) => elementTypes[type] === elementType);
}
