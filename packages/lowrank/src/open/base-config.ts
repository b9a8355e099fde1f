// What a base's own files say of it before it is loaded: its family, and the classes that decide whether a classifier is
// kept.

import { checkConfig, type ModelConfig } from "@lowrank/families";
import type { GgufSource } from "@lowrank/gguf";
import { type ModelFolder, readJsonObject } from "@lowrank/models";

/** How many classes config.json has, their names by number, and what they are for. */
export type BaseClasses = Pick<ModelConfig, "labels" | "labelNames" | "problemType">;

/** Reads config.json; loading the model reads it again and gives its warnings. Throws as `loadModel` does for it. */
export async function readBaseConfig(folder: ModelFolder): Promise<ModelConfig> {
  return checkConfig(await readJsonObject(folder, "config.json"), undefined, "config.json");
}

/** The same of a .gguf file. Throws as `loadGguf` does for it. */
export async function readGgufConfig(source: GgufSource): Promise<ModelConfig> {
  const reading = await import("./gguf-reading.ts");
  return checkConfig(await reading.readGgufConfig(await reading.openGguf(source), source.name), undefined, source.name);
}
