// Numbers on their way into a model: none that its type cannot hold.

import { firstBeyond } from "@lowrank/adapter-format";
import { encodeNumbers } from "@lowrank/safetensors";
import type { FloatType } from "../model/element-types.ts";
import { OnnxOverflowError } from "./overflow-error.ts";

/** The bytes of a tensor's numbers, of which the first has number `first`. Throws OnnxOverflowError. */
export function checkedNumbers(name: string, values: Float32Array, type: FloatType, first = 0): Uint8Array {
  const position = firstBeyond(values, type);
  if (position >= 0) throw new OnnxOverflowError(name, first + position, values[position] ?? Number.NaN, type);
  return encodeNumbers(values, type);
}
