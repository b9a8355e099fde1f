// Inspects an adapter's folder: its configuration, its modules, and the layer sizes that its base must have.

import { type Adapter, type AdapterFolder, loraMatricesIn, readAdapterIn, scalingOf } from "@lowrank/adapter-format";
import { alphaOf, columnsPerStored, oneFileFormat, rankOf } from "@lowrank/adapter-format/internal";
import type { Warning } from "@lowrank/contracts";
import { LowrankError } from "@lowrank/contracts";
import { baseFingerprintKey } from "@lowrank/inject/internal";
import type { ModelFolder } from "@lowrank/models";
import { openSafetensors } from "@lowrank/safetensors";
import type { ByteSource, TensorCollection } from "@lowrank/safetensors/internal";
import { decodeClassNames } from "../rows/classes/class-names.ts";
import {
  type AdaptedModule,
  type AdapterInspection,
  type SafetensorsInspection,
  type TensorFact,
  totals,
} from "./inspection.ts";

/** Reads a whole adapter; throws for a broken one. If its method is not supported, the file is shown, with a warning. */
export async function inspectAdapter(folder: ModelFolder): Promise<AdapterInspection | SafetensorsInspection> {
  const isPeft = await folder.has("adapter_model.safetensors");
  const found = await inspectSafetensors(
    await folder.open(isPeft ? "adapter_model.safetensors" : "adapters.safetensors"),
  );
  return adapterInspection(folder, found.tensors, isPeft ? "PEFT" : "MLX").catch((error: unknown) => {
    if (!LowrankError.isInstance(error, "UNSUPPORTED_PEFT_TYPE")) throw error;
    return { ...found, warnings: [{ code: error.code, message: error.message }] };
  });
}

/** A file of weights: a whole adapter if another program's format is recognized, else the facts in its header. */
export async function inspectWeights(
  folder: AdapterFolder,
  file: string,
  path: string,
): Promise<AdapterInspection | SafetensorsInspection> {
  const found = await inspectSafetensors(await folder.open(file), path);
  const format = oneFileFormat(found.tensors.map(({ name }) => name));
  if (format === undefined) return found;
  const only = { ...folder, name: path, list: async () => [file], has: async (name: string) => name === file };
  return adapterInspection(only, found.tensors, format);
}

async function adapterInspection(
  folder: AdapterFolder,
  tensors: readonly TensorFact[],
  format: string,
): Promise<AdapterInspection> {
  const warnings: Warning[] = [];
  const adapter = await readAdapterIn(folder, { onWarning: (warning) => warnings.push(warning) });
  const { config, metadata } = adapter;
  return {
    kind: "adapter",
    path: folder.name,
    format,
    ...totals(tensors),
    config,
    modules: adaptedModules(adapter),
    metadata,
    baseFingerprint: metadata.get(baseFingerprintKey),
    classes: decodeClassNames(metadata),
    warnings,
  };
}

/** Layer sizes from the tensors: A is [rank, in], with fewer columns in some variants; B is [out, rank]; an embedding's rows are in. */
function adaptedModules({ config, tensors }: Adapter): readonly AdaptedModule[] {
  const modules: AdaptedModule[] = [];
  for (const { path, partOfA: part, a, b } of loraMatricesIn(tensors)) {
    modules.push({
      path,
      rank: rankOf(config, path),
      alpha: alphaOf(config, path),
      scaling: scalingOf(config, path),
      inFeatures: columnsPerStored(config, { path, part }) * (a.shape[1] ?? 0),
      outFeatures: b?.shape[0] ?? 0,
    });
  }
  return modules.sort((one, other) => compareNames(one.path, other.path));
}

/** Reads the header of a safetensors file, and closes it. */
async function inspectSafetensors(source: ByteSource, path = source.name): Promise<SafetensorsInspection> {
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
function compareNames(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
