// A configuration may say that head and embedding share a weight while the file holds two different ones (Flan-T5, saved
// anew). Like transformers (`tie_weights`), believe the file.

import { familyOf, type ModelConfig, type Task } from "@lowrank/families";
import { matchCheckpoint, pathInModel } from "@lowrank/families/checkpoint";
import type { WeightSource } from "./weight-source.ts";

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

async function areEqual(source: WeightSource, one: string, other: string): Promise<boolean> {
  const [left, right] = [await source.readBytes(one), await source.readBytes(other)];
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
