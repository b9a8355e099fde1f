// What a folder is, found out and read, wherever it lies.

import { openGgufParts } from "@lowrank/gguf";
import type { ModelFolder } from "@lowrank/models";
import { NotInspectableError } from "../errors/model-errors.ts";
import { inspectAdapter, inspectWeights } from "./inspect-adapter.ts";
import { inspectGguf } from "./inspect-gguf.ts";
import { inspectModel } from "./inspect-model.ts";
import type { Inspection } from "./inspection.ts";

/** An adapter, a model, or the one file of weights that it holds. Throws NotInspectableError for anything else. */
export async function inspectFolder(folder: ModelFolder): Promise<Inspection> {
  if (await folder.has("adapter_config.json")) return inspectAdapter(folder);
  if (await folder.has("config.json")) return inspectModel(folder);
  const [file, ...others] = (await folder.list()).filter((name) => /\.(gguf|safetensors)$/.test(name));
  if (file === undefined || others.length > 0) throw new NotInspectableError(folder.name);
  const path = `${folder.name}/${file}`;
  if (file.endsWith(".safetensors")) return inspectWeights(folder, file, path);
  return inspectGguf(await openGgufParts(file, (name) => folder.open(name)), path);
}
