// Finds bases and adapters by a path on disk or a name on the Hugging Face Hub.

import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { vocabularyTokenizerFiles } from "@lowrank/data/internal";
import { ggufPartNames } from "@lowrank/gguf/internal";
import { diskFolder } from "@lowrank/merge/node";
import { modelFileError } from "@lowrank/models/internal";
import { openFolder } from "@lowrank/models/node";
import { adapterAsModel } from "../errors/model-errors.ts";
import { named } from "../errors/named-option.ts";
import { PathNotFoundError } from "../errors/usage-errors.ts";
import { baseName, parseHubName } from "../open/hub-name.ts";
import { type AdapterSource, adapterIn, ggufModel, type ModelSource, onlyGguf } from "../open/model-source.ts";
import { readSetup } from "../setup/adapter-setup.ts";
import { exists } from "./exists.ts";
import { filesNextTo, openGgufFile } from "./files-next-to.ts";
import { downloadFromHub } from "./hub/download.ts";
import type { HubContext } from "./hub/hub-access.ts";
import type { HubContent } from "./hub/plan-download.ts";

/** The base at a path or with a name. Throws the errors of `locate`, and MODEL_FOLDER. */
export async function findModel(input: string, context: HubContext): Promise<ModelSource> {
  const path = await locate(input, "model", context);
  return {
    ...modelAt(await onlyGgufIn(path)),
    ...(path === input ? { name: input, basePath: resolve(path) } : baseName(input)),
  };
}

/** The only .gguf file (or its first part) of a folder without another model; else the path itself. */
async function onlyGgufIn(path: string): Promise<string> {
  const names = path.endsWith(".gguf") ? [] : await readdir(path).catch(() => []);
  if (names.includes("config.json") || names.includes("adapter_config.json")) return path;
  const firsts = names.filter((name) => name.endsWith(".gguf") && ggufPartNames(name)[0] === name);
  return firsts.length === 1 && firsts[0] !== undefined ? join(path, firsts[0]) : path;
}

/** The base in a folder or a .gguf file. */
function modelAt(path: string): ModelSource {
  if (path.endsWith(".gguf")) {
    return ggufModel({ name: path, path, siblings: filesNextTo(path), openGguf: () => openGgufFile(path) });
  }
  const folder = openFolder(path);
  const inside = (name: string) => diskFolder(join(path, plainName(path, name)));
  return { name: path, path, files: vocabularyTokenizerFiles(folder), folder, inside };
}

/** Throws MODEL_FILE for a name that could lead out of the folder. */
function plainName(path: string, name: string): string {
  if (/^[\w-]+$/.test(name)) return name;
  throw modelFileError(path, name, "expected a plain folder name");
}

/** The adapter at a path or with a name. Throws the errors of `locate`. */
export async function findAdapter(input: string, context: HubContext): Promise<AdapterSource> {
  const path = await locate(input, "adapter", context);
  const file = await onlyGgufIn(path);
  if (file.endsWith(".gguf")) {
    return { ...(await adapterIn(onlyGguf(diskFolder(dirname(file)), basename(file)))), name: path };
  }
  const folder = diskFolder(path);
  return {
    name: path,
    read: (options, base) => readAdapterFolder(path, { ...options, base }),
    setup: () => readSetup(folder),
    tokenizer: (await folder.has("tokenizer.json")) ? folder : undefined,
  };
}

/** Downloads a name of the Hub, unless a local folder "owner" exists: then it is a mistyped path. Throws PathNotFoundError, HubError. */
export async function locate(path: string, content: HubContent, context: HubContext): Promise<string> {
  if (await exists(path)) {
    if (content === "model") await refuseAdapter(path);
    return path;
  }
  if (parseHubName(path) === undefined) {
    throw new PathNotFoundError(named(content), path, expectations[content]);
  }
  const [owner = ""] = path.split("/");
  if (await exists(owner)) {
    const advice = `${expectations[content]} (a local folder "${owner}" exists, so the Hub was not searched)`;
    throw new PathNotFoundError(named(content), path, advice);
  }
  return downloadFromHub(path, content, context);
}

/** An adapter's folder has no model, but is easily mistaken for one. */
async function refuseAdapter(path: string): Promise<void> {
  const [isAdapter, isModel] = await Promise.all([
    exists(join(path, "adapter_config.json")),
    exists(join(path, "config.json")),
  ]);
  if (isAdapter && !isModel) throw adapterAsModel(path);
}

const expectations = {
  model:
    "a folder with config.json and model.safetensors, a .gguf file, or owner/name, owner/name@revision, owner/name/folder or owner/name/file.gguf on the Hugging Face Hub",
  adapter:
    "a folder with adapter_config.json and adapter_model.safetensors, a .safetensors file of Kohya or diffusers, a .gguf file of llama.cpp, or owner/name, owner/name@revision, owner/name/folder or owner/name/file.safetensors on the Hugging Face Hub",
} as const;
