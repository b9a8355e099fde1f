// The weights of the base's folder: one safetensors file, or shards with an index.

import { openSafetensors, openShardedSafetensors, parseShardIndex, type TensorCollection } from "@lowrank/safetensors";
import { SourceFolderError } from "../errors.ts";
import type { SourceFolder } from "./exportable-model.ts";

/** Weights whose headers were read. */
export interface Checkpoint {
  readonly collection: TensorCollection;
  /** Which file holds each tensor. */
  readonly fileOf: ReadonlyMap<string, string>;
  /** Files with weights, in order. */
  readonly files: readonly string[];
  readonly isSharded: boolean;
}

export const singleFile = "model.safetensors";
export const indexFile = "model.safetensors.index.json";
const maxIndexBytes = 100_000_000;

/** Opens headers only; the caller closes the collection. Throws SourceFolderError, SafetensorsError. */
export async function openCheckpoint(folder: SourceFolder): Promise<Checkpoint> {
  if (await folder.has(singleFile)) {
    const collection = await openSafetensors(await folder.open(singleFile));
    const fileOf = new Map([...collection.tensors.keys()].map((key) => [key, singleFile]));
    return { collection, fileOf, files: [singleFile], isSharded: false };
  }
  if (!(await folder.has(indexFile))) {
    throw new SourceFolderError(
      folder.name,
      `it has neither ${singleFile} nor ${indexFile}, so there is no base to export.`,
    );
  }
  const index = await folder.readText(indexFile, { maxBytes: maxIndexBytes });
  const { weightMap } = parseShardIndex(index);
  const collection = await openShardedSafetensors(folder, index);
  return { collection, fileOf: weightMap, files: [...new Set(weightMap.values())].sort(), isSharded: true };
}
