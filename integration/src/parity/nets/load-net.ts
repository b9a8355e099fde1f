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
  // The fixtures' own files.
  const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as NetConfig;
  const build = nets.get(config.model_type ?? "");
  return build?.(await readTensors(join(folder, "model.safetensors")), config);
}
