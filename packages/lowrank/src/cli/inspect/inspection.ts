// What `lowrank inspect` finds, before it is printed.

import type { Warning } from "@lowrank/contracts";

/** One tensor as a file describes it. */
export interface TensorFact {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** Everything found about one path. */
export interface Inspection {
  readonly kind: "adapter" | "model" | "safetensors" | "gguf";
  readonly path: string;
  /** Labelled lines for people, in order. */
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly tensors: readonly TensorFact[];
  /** More for programs: the configuration, metadata, what an adapter fits. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly warnings: readonly Warning[];
}

/** Numbers in a tensor. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Numbers in all tensors. */
export function countParameters(tensors: readonly TensorFact[]): number {
  return tensors.reduce((sum, tensor) => sum + sizeOf(tensor.shape), 0);
}

/** Bytes of all tensors. */
export function countBytes(tensors: readonly TensorFact[]): number {
  return tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
}

/** "F32 (12), BF16 (3)": the types in use, most frequent first. */
export function listDtypes(tensors: readonly TensorFact[]): string {
  const counts = new Map<string, number>();
  for (const { dtype } of tensors) counts.set(dtype, (counts.get(dtype) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([dtype, count]) => `${dtype} (${count})`).join(", ") || "none";
}
