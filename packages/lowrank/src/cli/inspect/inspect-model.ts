// A Hugging Face model folder: what its config says, and whether we can compute it.

import { LowrankError, type Warning } from "@lowrank/contracts";
import { checkConfig, defaultTargetsOf, type ModelConfig, resolveTask } from "@lowrank/families";
import { readJsonObject } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { openFolderWeights } from "@lowrank/safetensors";
import { positionLimit } from "../../open/position-limit.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import { factsOf, metadataFacts } from "./inspect-safetensors.ts";
import { countBytes, countParameters, type Inspection, listDtypes } from "./inspection.ts";

/** Reads config and headers of a model folder; no weight is read. */
export async function inspectModel(path: string): Promise<Inspection> {
  const folder = openFolder(path);
  const warnings: Warning[] = [];
  const json = await readJsonObject(folder, "config.json");
  const config = readConfig(json, warnings);
  const weights = (await openFolderWeights(folder))?.collection;
  if (weights === undefined) warnings.push({ code: "NO_WEIGHTS", message: `"${path}" has no safetensors weights.` });
  const tensors = weights === undefined ? [] : factsOf(weights);
  const metadata = weights?.metadata ?? new Map<string, string>();
  await weights?.close();
  return {
    kind: "model",
    path,
    facts: [
      ...(config === undefined ? [] : configFacts(config)),
      ["tokenizer", (await folder.has("tokenizer.json")) ? "tokenizer.json" : "none (text needs one)"],
      [
        "parameters",
        `${formatCount(countParameters(tensors))} (${formatBytes(countBytes(tensors))}, ${listDtypes(tensors)})`,
      ],
      ...metadataFacts(metadata),
    ],
    tensors,
    details: {
      parameters: countParameters(tensors),
      bytes: countBytes(tensors),
      isSupported: config !== undefined,
      config: json,
      metadata: Object.fromEntries(metadata),
    },
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

function configFacts(config: ModelConfig): (readonly [string, string])[] {
  const { modelType, layers, hiddenSize, heads, keyValueHeads, vocabularySize, tiedEmbeddings } = config;
  const limit = positionLimit(config);
  const targets = defaultTargetsOf(modelType);
  const grouped = keyValueHeads === heads ? "" : ` (${keyValueHeads} for keys and values)`;
  return [
    ["type", `${modelType}, ${config.architecture ?? "no architecture named"}, ${taskOf(config)}`],
    ["layers", `${layers}, ${hiddenSize} wide, ${heads} heads${grouped}`],
    ["vocabulary", `${formatCount(vocabularySize)}${tiedEmbeddings ? ", head tied to the input embedding" : ""}`],
    ["positions", Number.isFinite(limit) ? formatCount(limit) : "no limit"],
    ["LoRA targets", targets === null ? "name them" : `${String(targets)} by default`],
  ];
}

function taskOf(config: ModelConfig): string {
  try {
    return resolveTask(config);
  } catch {
    return "unknown task";
  }
}
