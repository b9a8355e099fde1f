// The classes that a base's own files name, before it is loaded: a classifier is kept only where their number is.

import { checkConfig, type ModelConfig } from "@lowrank/families";
import { type ModelFolder, readJsonObject } from "@lowrank/models";

/** How many classes config.json has, and their names by number. */
export type BaseClasses = Pick<ModelConfig, "labels" | "labelNames">;

/** Those of a .gguf file, which has no classifier. */
export const noClasses: BaseClasses = { labels: 0, labelNames: [] };

/** Reads config.json; loading the model reads it again and gives its warnings. Throws as `loadModel` does for it. */
export async function readBaseClasses(folder: ModelFolder): Promise<BaseClasses> {
  const { labels, labelNames } = checkConfig(await readJsonObject(folder, "config.json"), undefined, "config.json");
  return { labels, labelNames };
}
