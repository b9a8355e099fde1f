// Converts numbers to a tensor's type, and refuses numbers that the type cannot store.

import { firstOverflow } from "@lowrank/adapter-format/internal";
import { failure, printable } from "@lowrank/contracts/internal";
import { encodeNumbers } from "@lowrank/safetensors/internal";
import type { FloatType } from "../model/onnx-model.ts";

/** The bytes of a part of a tensor that starts at index `first`. Throws ONNX_OVERFLOW. */
export function checkedNumbers(name: string, values: Float32Array, type: FloatType, first = 0): Uint8Array {
  const position = firstOverflow(values, type);
  if (position >= 0) throw onnxOverflowError(name, first + position, values[position] ?? Number.NaN, type);
  return encodeNumbers(values, type);
}

/** A changed weight has a value that its type in the file cannot store. Use a finite adapter, or a model in a wider type. */
function onnxOverflowError(tensor: string, position: number, value: number, type: string) {
  return failure(
    "ONNX_OVERFLOW",
    `"${printable(tensor)}" would have ${value} at position ${position}, which ${type} cannot store. ` +
      "Use a finite adapter, or a model in a wider type.",
    { tensor, position, value, type },
  );
}
