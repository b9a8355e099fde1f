// Tensors as a safetensors file has them.

import { encodeFloat32, type TensorData } from "@lowrank/safetensors";
import type { AdapterTensor } from "../adapter.ts";
import { InvalidAdapterTensorsError } from "../errors.ts";
import { firstBeyond } from "./peft/first-non-finite.ts";

/** Types of numbers that adapters are written in. */
export type AdapterDtype = "F32" | "F16" | "BF16";

/** Throws InvalidAdapterTensorsError listing numbers that are none, or that the type cannot hold. */
export function encodeTensors(
  tensors: ReadonlyMap<string, AdapterTensor>,
  dtype: AdapterDtype,
): Map<string, TensorData> {
  const problems = [...tensors].flatMap(([key, { values }]) => {
    const broken = firstBeyond(values, dtype);
    if (broken < 0) return [];
    return [{ key, problem: `has ${values[broken]} at position ${broken}, which ${dtype} cannot hold` }];
  });
  if (problems.length > 0) throw new InvalidAdapterTensorsError("The adapter", problems);
  return new Map(
    [...tensors].map(([key, { shape, values }]) => [key, { dtype, shape, data: encodeFloat32(values, dtype) }]),
  );
}
