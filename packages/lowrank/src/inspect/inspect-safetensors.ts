// A single .safetensors file: its header says everything; no weight is read.

import { type ByteSource, openSafetensors, type TensorCollection } from "@lowrank/safetensors";
import { type SafetensorsInspection, type TensorFact, totals } from "./inspection.ts";

/** Reads the header of a safetensors file, and closes it. */
export async function inspectSafetensors(source: ByteSource, path = source.name): Promise<SafetensorsInspection> {
  try {
    const file = await openSafetensors(source);
    const { metadata } = file;
    return { kind: "safetensors", path, ...totals(factsOf(file)), fileBytes: source.size, metadata, warnings: [] };
  } finally {
    await source.close?.();
  }
}

/** The tensors of one file or of shards, in order of their names. */
export function factsOf(collection: Pick<TensorCollection, "tensors">): readonly TensorFact[] {
  return [...collection.tensors.values()]
    .map(({ name, dtype, shape, begin, end }) => ({ name, dtype, shape, bytes: end - begin }))
    .sort((a, b) => compareNames(a.name, b.name));
}

/** By name, but layer 2 before layer 10. */
export function compareNames(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
