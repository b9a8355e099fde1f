// A configuration may say that head and embedding share a weight while the file holds two different ones (Flan-T5, saved
// anew). Like transformers (`tie_weights`), believe the file.

import { familyOf, type ModelConfig, type Task } from "@lowrank/contracts/families";
import { matchCheckpoint, pathInModel } from "@lowrank/contracts/families/checkpoint";
import type { WeightSource } from "./weight-source.ts";

const pieceBytes = 1 << 24;

/** The configuration, untied if the file has a head of its own with other values than the embedding. */
export async function withOwnHead(config: ModelConfig, task: Task, source: WeightSource): Promise<ModelConfig> {
  const family = familyOf(config.modelType);
  const tie = family.heads[task]?.tie;
  if (tie === undefined || !config.tiedEmbeddings) return config;
  const untied = { ...config, tiedEmbeddings: false };
  const { fileKeys, missing } = matchCheckpoint(untied, task, source.tensors.keys());
  const head = fileKeys.get(`${tie.head}.weight`);
  const embedding = fileKeys.get(`${pathInModel(family, task, tie.embedding)}.weight`);
  if (head === undefined || embedding === undefined || missing.length > 0) return config;
  return (await areEqual(source, head, embedding)) ? config : untied;
}

/** Piece by piece: a table may take more memory than there is. */
async function areEqual(source: WeightSource, one: string, other: string): Promise<boolean> {
  const [size, otherSize] = [one, other].map((key) => source.tensors.get(key)?.byteLength ?? 0) as [number, number];
  if (size !== otherSize) return false;
  for (let offset = 0; offset < size; offset += pieceBytes) {
    const range = { offset, length: Math.min(pieceBytes, size - offset) };
    const [left, right] = [await source.readBytes(one, range), await source.readBytes(other, range)];
    if (!left.every((byte, index) => byte === right[index])) return false;
  }
  return true;
}
