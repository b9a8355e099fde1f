// Bases and adapters of a path on disk, or of a name on the Hugging Face Hub.

import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { vocabularyTokenizerFiles } from "@lowrank/data";
import { ggufPartNames } from "@lowrank/gguf";
import { diskFolder } from "@lowrank/merge/node";
import { ModelFileError } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { baseName } from "../open/hub-name.ts";
import { type AdapterSource, adapterIn, ggufModel, type ModelSource, onlyGguf } from "../open/model-source.ts";
import { readSetup } from "../setup/adapter-setup.ts";
import { filesBeside } from "./files-beside.ts";
import type { HubContext } from "./hub/hub-access.ts";
import { locate } from "./locate.ts";
import { openGgufFile } from "./open-gguf-file.ts";

/** The base at a path, or of a name. Throws what `locate` does, and ModelFolderError. */
export async function findModel(given: string, context: HubContext): Promise<ModelSource> {
  const path = await locate(given, "model", context);
  return {
    ...modelAt(await onlyGgufIn(path)),
    ...(path === given ? { name: given, basePath: resolve(path) } : baseName(given)),
  };
}

/** The one .gguf file of a folder that holds no other model, by its first part; else the path itself. */
async function onlyGgufIn(path: string): Promise<string> {
  const names = path.endsWith(".gguf") ? [] : await readdir(path).catch(() => []);
  if (names.includes("config.json") || names.includes("adapter_config.json")) return path;
  const firsts = names.filter((name) => name.endsWith(".gguf") && ggufPartNames(name)[0] === name);
  return firsts.length === 1 && firsts[0] !== undefined ? join(path, firsts[0]) : path;
}

/** The base in a folder or a .gguf file. */
function modelAt(path: string): ModelSource {
  if (path.endsWith(".gguf")) {
    return ggufModel({ name: path, path, beside: filesBeside(path), openGguf: () => openGgufFile(path) });
  }
  const folder = openFolder(path);
  const inside = (name: string) => diskFolder(join(path, plainName(path, name)));
  return { name: path, path, files: vocabularyTokenizerFiles(folder), folder, inside };
}

/** Throws ModelFileError for a name that could lead out of the folder. */
function plainName(path: string, name: string): string {
  if (/^[\w-]+$/.test(name)) return name;
  throw new ModelFileError(path, name, "a plain folder name is expected");
}

/** The adapter at a path, or of a name. Throws what `locate` does. */
export async function findAdapter(given: string, context: HubContext): Promise<AdapterSource> {
  const path = await locate(given, "adapter", context);
  const file = await onlyGgufIn(path);
  if (file.endsWith(".gguf")) {
    return { ...(await adapterIn(onlyGguf(diskFolder(dirname(file)), basename(file)))), name: path };
  }
  const folder = diskFolder(path);
  return {
    name: path,
    read: (options) => readAdapterFolder(path, options),
    setup: () => readSetup(folder),
    tokenizer: (await folder.has("tokenizer.json")) ? folder : undefined,
  };
}
