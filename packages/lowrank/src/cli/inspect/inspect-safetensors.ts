// A single .safetensors file: its header says everything; no weight is read.

import { escapeName } from "@lowrank/contracts";
import { openSafetensors, type TensorCollection } from "@lowrank/safetensors";
import { openFile } from "@lowrank/safetensors/node";
import { formatBytes, formatCount } from "../terminal/format.ts";
import { countBytes, countParameters, type Inspection, listDtypes, type TensorFact } from "./inspection.ts";

/** Reads the header of a safetensors file. */
export async function inspectSafetensors(path: string): Promise<Inspection> {
  const source = await openFile(path);
  try {
    const file = await openSafetensors(source);
    const tensors = factsOf(file);
    return {
      kind: "safetensors",
      path,
      facts: [
        ["tensors", formatCount(tensors.length)],
        ["types", listDtypes(tensors)],
        ["parameters", formatCount(countParameters(tensors))],
        ["size", formatBytes(source.size)],
        ...metadataFacts(file.metadata),
      ],
      tensors,
      details: {
        parameters: countParameters(tensors),
        bytes: countBytes(tensors),
        metadata: Object.fromEntries(file.metadata),
      },
      warnings: [],
    };
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

/** Metadata as labelled lines. */
export function metadataFacts(metadata: ReadonlyMap<string, string>): (readonly [string, string])[] {
  return [...metadata].map(([key, value]) => [`metadata ${escapeName(key)}`, escapeName(value.slice(0, 80))] as const);
}

/** By name, but layer 2 before layer 10. */
function compareNames(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
