// Reads an adapter of mlx_lm as PEFT would have written it. mlx_lm computes x + scale·(x·lora_a)·lora_b with lora_a
// [inFeatures, rank] and lora_b [rank, outFeatures]. Both are transposed, and α = scale · rank. Source: mlx_lm 0.32,
// tuner/lora.py, tuner/dora.py, tuner/utils.py.

import { openSafetensors } from "@lowrank/safetensors";
import type { SafetensorsFile } from "@lowrank/safetensors/internal";
import { createLoraConfig } from "../../config/create-lora-config.ts";
import {
  type ConfigFieldProblem,
  invalidAdapterConfigError,
  invalidAdapterTensorsError,
  type TensorProblem,
} from "../../errors.ts";
import { isJsonObject, type JsonValue, parseJsonObject } from "../../json.ts";
import type { Adapter, AdapterTensor, LoraConfig } from "../../lora-config.ts";
import { embeddingKeys, loraKeys } from "../../tensor-keys.ts";
import { type AdapterFolder, configName, readConfigText, withFile } from "../adapter-folder.ts";
import { checkedAdapter } from "../checked-adapter.ts";
import { transposed } from "../encode-tensors.ts";
import type { ReadAdapterOptions } from "../peft/read-options.ts";
import { pathOfMlx } from "./module-names.ts";

export const mlxWeightsName = "adapters.safetensors";

/** Reads a folder with mlx_lm's weights and adapter_config.json. Throws the errors of `readAdapter`. */
export async function readMlx(folder: AdapterFolder, options: ReadAdapterOptions): Promise<Adapter> {
  const settings = settingsOf(await readConfigText(folder), `${folder.name}/${configName}`, options);
  const tensors = await withFile(folder, mlxWeightsName, async (source) => {
    const file = await openSafetensors(source);
    return tensorsOf(file, source.name);
  });
  const paths = [...new Set([...tensors.keys()].map((key) => key.replace(/\.lora_.*$/, "")))];
  const config = createLoraConfig({ ...settings, targetModules: paths, taskType: "CAUSAL_LM" });
  return checkedAdapter({ config, tensors, metadata: new Map() }, `${folder.name}/${mlxWeightsName}`, options);
}

function settingsOf(text: string, file: string, { onWarning }: ReadAdapterOptions): Partial<LoraConfig> {
  const values = parseJsonObject(text, file);
  const kind = values.get("fine_tune_type") ?? (values.get("use_dora") === true ? "dora" : "lora");
  const loraParameters = values.get("lora_parameters");
  const fields: Readonly<Record<string, JsonValue>> = isJsonObject(loraParameters) ? loraParameters : {};
  const { rank = 8, scale = 20, dropout = 0, alpha } = fields;
  const problems: ConfigFieldProblem[] = [];
  const addProblem = (key: string, got: JsonValue, expected: string) =>
    problems.push({ key, got: JSON.stringify(got).slice(0, 100), expected });
  if (kind !== "lora" && kind !== "dora") addProblem("fine_tune_type", kind, '"lora" or "dora"');
  if (!isPositiveInteger(rank)) addProblem("lora_parameters.rank", rank, "a positive integer");
  if (!isNumber(scale)) addProblem("lora_parameters.scale", scale, "a number");
  if (!isNumber(dropout)) addProblem("lora_parameters.dropout", dropout, "a number");
  if (alpha !== undefined && !isNumber(alpha)) addProblem("lora_parameters.alpha", alpha, "a number");
  if (problems.length > 0 || !isPositiveInteger(rank) || !isNumber(scale) || !isNumber(dropout)) {
    throw invalidAdapterConfigError(file, problems);
  }
  if (isNumber(alpha)) {
    const message = `${file} has alpha, as in mlx_lm before 0.19. The update is scaled by scale · alpha / rank, as in that version.`;
    onWarning?.({ code: "MLX_ALPHA", message });
  }
  const model = values.get("model") ?? values.get("base_model_name_or_path");
  return {
    rank,
    alpha: isNumber(alpha) ? scale * alpha : scale * rank,
    dropout,
    useDora: kind === "dora",
    baseModel: typeof model === "string" ? model : null,
  };
}

/** Matches embeddings: their A and B have other names in PEFT. */
const embeddingPath = /(^|\.)(embed_tokens|embed_in|wte|word_embeddings)$/;

async function tensorsOf(file: SafetensorsFile, fileName: string): Promise<ReadonlyMap<string, AdapterTensor>> {
  const tensors = new Map<string, AdapterTensor>();
  const problems: TensorProblem[] = [];
  for (const [key, { shape }] of file.tensors) {
    const [, name = "", part] = /^(.+)\.(lora_a|lora_b|m)$/.exec(key) ?? [];
    const path = pathOfMlx(name);
    const isFactor = part === "lora_a" || part === "lora_b";
    if (part === undefined) problems.push({ key, problem: "is neither lora_a, lora_b nor a magnitude (m)" });
    else if (shape.length !== (isFactor ? 2 : 1)) {
      problems.push({
        key,
        problem: `has the shape [${shape.join(", ")}]; only matrices A and B of linear layers and embeddings are read`,
      });
    } else {
      const values = await file.readFloat32(key);
      const { a, b } = embeddingPath.test(path) ? embeddingKeys(path) : loraKeys(path);
      if (isFactor) tensors.set(part === "lora_a" ? a : b, transposed({ shape, values }));
      else tensors.set(`${path}.lora_magnitude_vector`, { shape, values });
    }
  }
  if (tensors.size === 0 && problems.length === 0) problems.push({ key: "the file", problem: "has no tensors" });
  if (problems.length > 0) throw invalidAdapterTensorsError(fileName, problems);
  return tensors;
}

function isNumber(value: JsonValue | undefined): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isPositiveInteger(value: JsonValue | undefined): value is number {
  return isNumber(value) && Number.isInteger(value) && value > 0;
}
