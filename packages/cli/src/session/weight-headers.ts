// What tensors a model folder has: one safetensors file, or shards with an index. No weight is read.

import type { ModelFolder } from "@lowrank/models";
import { openSafetensors, openShardedSafetensors, type TensorCollection } from "@lowrank/safetensors";

const oneFile = "model.safetensors";
const indexFile = "model.safetensors.index.json";
const maxIndexBytes = 100_000_000;

/** Opens the headers, which the caller closes; undefined where the folder has no safetensors weights. */
export async function openWeightHeaders(folder: ModelFolder): Promise<TensorCollection | undefined> {
  if (await folder.has(oneFile)) {
    const source = await folder.open(oneFile);
    try {
      return await openSafetensors(source);
    } catch (error) {
      await source.close?.();
      throw error;
    }
  }
  if (!(await folder.has(indexFile))) return undefined;
  return openShardedSafetensors(folder, await folder.readText(indexFile, { maxBytes: maxIndexBytes }));
}
