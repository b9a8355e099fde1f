// Finds out what a folder contains and inspects it, on any host.

import { LowrankError, type Warning } from "@lowrank/contracts";
import { checkConfig, type ModelConfig, resolveTask, type Task } from "@lowrank/contracts/families";
import { vocabularyTokenizerFiles } from "@lowrank/data/internal";
import { openGgufParts } from "@lowrank/gguf";
import { type ModelFolder, readJsonObject } from "@lowrank/models";
import { openFolderWeights } from "@lowrank/safetensors";
import { notInspectable } from "../errors/model-errors.ts";
import { factsOf, inspectAdapter, inspectWeights } from "./inspect-adapter.ts";
import { inspectGguf } from "./inspect-gguf.ts";
import { type Inspection, type ModelInspection, totals } from "./inspection.ts";

/** An adapter, a model, or the only file of weights in the folder. Throws NOT_INSPECTABLE for anything else. */
export async function inspectFolder(folder: ModelFolder): Promise<Inspection> {
  if (await folder.has("adapter_config.json")) return inspectAdapter(folder);
  if (await folder.has("config.json")) return inspectModel(folder);
  const [file, ...others] = (await folder.list()).filter((name) => /\.(gguf|safetensors)$/.test(name));
  if (file === undefined || others.length > 0) throw notInspectable(folder.name);
  const path = `${folder.name}/${file}`;
  if (file.endsWith(".safetensors")) return inspectWeights(folder, file, path);
  return inspectGguf(await openGgufParts(file, (name) => folder.open(name)), path);
}

/** Reads config and headers of a model folder, but no weights. */
async function inspectModel(folder: ModelFolder): Promise<ModelInspection> {
  const { name: path } = folder;
  const warnings: Warning[] = [];
  const config = await readJsonObject(folder, "config.json");
  const understood = readConfig(config, warnings);
  const weights = (await openFolderWeights(folder))?.collection;
  if (weights === undefined) warnings.push({ code: "NO_WEIGHTS", message: `"${path}" has no safetensors weights.` });
  const tensors = weights === undefined ? [] : factsOf(weights);
  const metadata = weights?.metadata ?? new Map<string, string>();
  await weights?.close();
  return {
    kind: "model",
    path,
    ...totals(tensors),
    config,
    understood,
    task: understood && taskOf(understood),
    hasTokenizer: await vocabularyTokenizerFiles(folder).has("tokenizer.json"),
    metadata,
    warnings,
  };
}

/** Models that are not supported can still be inspected. */
function readConfig(json: unknown, warnings: Warning[]): ModelConfig | undefined {
  try {
    return checkConfig(json, (warning) => warnings.push(warning));
  } catch (error) {
    if (!LowrankError.isInstance(error)) throw error;
    warnings.push({ code: error.code, message: error.message });
    return undefined;
  }
}

function taskOf(config: ModelConfig): Task | undefined {
  try {
    return resolveTask(config);
  } catch {
    return undefined;
  }
}
