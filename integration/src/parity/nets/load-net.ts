// The fixtures' own nets, by the model type in their config.json.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readTensors } from "@lowrank/testing";
import { convNet } from "./conv-net.ts";
import { embeddingNet } from "./embedding-net.ts";
import { expertNet } from "./expert-net.ts";
import type { Net, NetConfig, Weights } from "./net.ts";

const nets: ReadonlyMap<string, (weights: Weights, config: NetConfig) => Net> = new Map<
  string,
  (weights: Weights, config: NetConfig) => Net
>([
  ["fixture_convnet", convNet],
  ["fixture_embnet", embeddingNet],
  ["fixture_expertnet", expertNet],
]);

/** The net in a folder; undefined for a model of transformers. */
export async function loadNet(folder: string): Promise<Net | undefined> {
  const config = await readConfig(join(folder, "config.json"));
  const build = nets.get(config.model_type ?? "");
  return build?.(await readTensors(join(folder, "model.safetensors")), config);
}

async function readConfig(path: string): Promise<NetConfig> {
  const text = await readFile(path, "utf8");
  try {
    return JSON.parse(text) as NetConfig; // of one of the fixtures' own nets, if it names that
  } catch (cause) {
    throw new Error(`${path} is no JSON: ${(cause as SyntaxError).message}`, { cause });
  }
}
