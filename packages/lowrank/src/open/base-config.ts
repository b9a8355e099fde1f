// Facts from a base's own files before it is loaded: its family, and the classes that decide whether its classifier is kept.

import { checkConfig, type ModelConfig } from "@lowrank/contracts/families";
import type { GgufSource } from "@lowrank/gguf/internal";
import { type ModelFolder, readJsonObject } from "@lowrank/models";
import type { ModelSource } from "./model-source.ts";

export type BaseClasses = Pick<ModelConfig, "labels" | "labelNames" | "problemType">;

/** Reads config.json; loading reads it again and gives its warnings. Throws the errors of `loadModel` for it. */
export async function readBaseConfig(folder: ModelFolder): Promise<ModelConfig> {
  return checkConfig(await readJsonObject(folder, "config.json"), undefined, "config.json");
}

/** Like `readBaseConfig`, for a .gguf file. Throws the errors of `loadGguf`. */
export async function readGgufConfig(source: GgufSource): Promise<ModelConfig> {
  const reading = await import("./gguf-reading.ts");
  return checkConfig(await reading.readGgufConfig(await reading.openGguf(source), source.name), undefined, source.name);
}

/** The configuration of any base that was found but not opened. */
export async function configOfSource({
  folder,
  openGguf,
}: Pick<ModelSource, "folder" | "openGguf">): Promise<ModelConfig | undefined> {
  if (folder !== undefined) return readBaseConfig(folder);
  const source = await openGguf?.();
  try {
    return source && (await readGgufConfig(source));
  } finally {
    await source?.close?.();
  }
}
