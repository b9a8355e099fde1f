// A Hugging Face model folder: what its config says, and whether we can compute it.

import { LowrankError, type Warning } from "@lowrank/contracts";
import { checkConfig, type ModelConfig, resolveTask, type Task } from "@lowrank/contracts/families";
import { vocabularyTokenizerFiles } from "@lowrank/data";
import { type ModelFolder, readJsonObject } from "@lowrank/models";
import { openFolderWeights } from "@lowrank/safetensors";
import { factsOf } from "./inspect-safetensors.ts";
import { type ModelInspection, totals } from "./inspection.ts";

/** Reads config and headers of a model folder; no weight is read. */
export async function inspectModel(folder: ModelFolder): Promise<ModelInspection> {
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

/** A model that we cannot compute can still be looked at. */
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
