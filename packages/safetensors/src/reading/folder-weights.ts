// Opens the weights of a Hugging Face folder: one file, or shards with an index.

import { refuseUnknownOptions } from "@lowrank/contracts/internal";
import type { ByteSource } from "../byte-source.ts";
import { type ReadOptions, readOptionNames } from "../byte-source.ts";
import { openSafetensors, type SafetensorsFile } from "./open.ts";
import { openShards, parseShardIndex, type ShardFolder } from "./sharded.ts";
import type { TensorCollection } from "./tensor-collection.ts";

/** The names that `save_pretrained` gives the files. */
export const weightFileNames = { single: "model.safetensors", index: "model.safetensors.index.json" } as const;

/** A folder of plain files: on disk, on a web server, in memory. */
export interface WeightFolder extends ShardFolder {
  has(file: string): Promise<boolean>;
  /** The file as text; a file over the limit is refused. */
  readText(file: string, limits: { readonly maxBytes: number }): Promise<string>;
}

/** A folder's weights with their headers. */
export interface FolderWeights {
  /** The caller closes it. */
  readonly collection: TensorCollection;
  /** The file of each tensor. */
  readonly fileOf: ReadonlyMap<string, string>;
  /** Files with weights, in order. */
  readonly files: readonly string[];
  readonly isSharded: boolean;
}

const maxIndexBytes = 100_000_000;

/**
 * Opens the weights of a folder, headers only; undefined if it has neither the file nor an index.
 *
 * @throws {SafetensorsError} as `openSafetensors` and `openShardedSafetensors`. Nothing stays open.
 *
 * @example
 * ```ts
 * import { openFolderWeights, type WeightFolder } from "@lowrank/safetensors";
 *
 * export async function namesIn(folder: WeightFolder): Promise<readonly string[]> {
 *   const weights = await openFolderWeights(folder);
 *   await weights?.collection.close();
 *   return [...(weights?.fileOf.keys() ?? [])];
 * }
 * ```
 */
export async function openFolderWeights(
  folder: WeightFolder,
  options: ReadOptions = {},
): Promise<FolderWeights | undefined> {
  refuseUnknownOptions("openFolderWeights", options, readOptionNames);
  const { single, index } = weightFileNames;
  if (await folder.has(single)) {
    const collection = await openOrClose(await folder.open(single), options);
    const fileOf = new Map([...collection.tensors.keys()].map((key) => [key, single]));
    return { collection, fileOf, files: [single], isSharded: false };
  }
  if (!(await folder.has(index))) return undefined;
  const shards = parseShardIndex(await folder.readText(index, { maxBytes: maxIndexBytes }));
  const collection = await openShards(folder, shards, options);
  const fileOf = shards.weightMap;
  return { collection, fileOf, files: [...new Set(fileOf.values())].sort(), isSharded: true };
}

async function openOrClose(source: ByteSource, options: ReadOptions): Promise<SafetensorsFile> {
  try {
    return await openSafetensors(source, options);
  } catch (error) {
    await source.close?.();
    throw error;
  }
}
