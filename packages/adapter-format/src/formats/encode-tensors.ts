// Converts an adapter's tensors for a safetensors file.

import type { TensorData } from "@lowrank/safetensors";
import { encodeFloat32 } from "@lowrank/safetensors/internal";
import { invalidAdapterTensorsError } from "../errors.ts";
import type { AdapterTensor } from "../lora-config.ts";
import { valueProblems } from "./peft/check-tensors.ts";

export type AdapterDtype = "F32" | "F16" | "BF16";

/** Throws INVALID_ADAPTER_TENSORS for values that are NaN, infinite or too large for the type. */
export function encodeTensors(
  tensors: ReadonlyMap<string, AdapterTensor>,
  dtype: AdapterDtype,
): Map<string, TensorData> {
  const problems = valueProblems(tensors, dtype);
  if (problems.length > 0) throw invalidAdapterTensorsError("The adapter", problems);
  return new Map(
    [...tensors].map(([key, { shape, values }]) => [key, { dtype, shape, data: encodeFloat32(values, dtype) }]),
  );
}

/** [rows, columns] → [columns, rows] */
export function transposed({ shape: [rows = 0, columns = 0], values }: AdapterTensor): AdapterTensor {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column]!;
  return { shape: [columns, rows], values: result };
}

/** Multiplies all values. A factor of 1 returns the same tensor. */
export function multiplied({ shape, values }: AdapterTensor, factor: number): AdapterTensor {
  return { shape, values: factor === 1 ? values : values.map((value) => value * factor) };
}
