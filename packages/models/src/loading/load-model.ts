// From a Hugging Face folder to a model.

import type { WarningListener } from "@lowrank/contracts";
import {
  checkConfig,
  familyOf,
  InvalidConfigError,
  type ModelConfig,
  resolveTask,
  type Task,
} from "@lowrank/contracts/families";
import { matchCheckpoint, pathInModel } from "@lowrank/contracts/families/checkpoint";
import { refuseUnknownOptions } from "@lowrank/contracts/internal";
import { defaultsOf, readGenerationDefaults } from "../folder/generation-defaults.ts";
import { type ModelFolder, readJsonObject } from "../folder/model-folder.ts";
import { outlineModel } from "../outline/outline-model.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import { fillModel } from "./fill-model.ts";
import { Fingerprint, sampleOf } from "./fingerprint.ts";
import { joinWeights } from "./joined-weights.ts";
import { type LoadOptions, loadOptionNames } from "./load-options.ts";
import { openWeights } from "./open-weights.ts";
import { splitWeights } from "./split-weights.ts";
import type { WeightSource } from "./weight-source.ts";

const configFile = "config.json";
const writesText: readonly Task[] = ["causal-lm", "sequence-to-sequence"];

/**
 * Loads config.json and model.safetensors (or its shards) in F32, F16 or BF16, or quantized by bitsandbytes, GPTQ, AWQ or
 * compressed-tensors. Weights become float32 tensors, owned by the model, unless `basePrecision` has fewer bits.
 *
 * All headers are checked before the first tensor is made. If anything fails, nothing stays in memory.
 *
 * @throws MODEL_FILE for a missing file; families' InvalidConfigError, UNSUPPORTED_MODEL and
 * UNSUPPORTED_TASK; SafetensorsError; WEIGHT_MISMATCH with everything that does not fit; HeadMissingError.
 *
 * @example
 * ```ts
 * import { LowrankError } from "@lowrank/contracts";
 * import { loadModel } from "@lowrank/models";
 * import { bytesSource } from "@lowrank/safetensors";
 *
 * const empty = {
 *   name: "an empty folder",
 *   list: async () => [],
 *   has: async () => false,
 *   readText: async () => "",
 *   open: async (name: string) => bytesSource(new Uint8Array(0), name),
 * };
 * const error = await loadModel(empty).catch((reason: unknown) => reason);
 * if (!LowrankError.isInstance(error, "MODEL_FILE")) throw new Error("config.json is missing, but the model loaded");
 * ```
 */
export async function loadModel(folder: ModelFolder, options: LoadOptions = {}): Promise<PretrainedModel> {
  refuseUnknownOptions("loadModel", options, loadOptionNames);
  options.signal?.throwIfAborted();
  const raw = await readJsonObject(folder, configFile);
  const config = withLabels(checkConfig(raw, options.onWarning, configFile), options);
  const task = resolveTask(config, options.task);
  const generation = writesText.includes(task)
    ? await readGenerationDefaults(folder, { raw, config }, options.onWarning)
    : defaultsOf(config);
  const source = await asModelHasThem(await openWeights(folder, options.onWarning), config, options.onWarning);
  let isLeft = false;
  try {
    const outline = outlineModel({ config: await withOwnHead(config, task, source), task });
    const settings = { options, initializerRange: initializerRange(raw), generation };
    const model = await fillModel(outline, source, settings);
    isLeft = options.leftIn !== undefined;
    return model;
  } finally {
    if (!isLeft) await source.close();
  }
}

/**
 * Identifies a base model: "lowrank-1:" and 16 hexadecimal digits, the same in Node and in browsers. Adapter files contain it. For a
 * folder, headers and a few bytes of each tensor are read.
 *
 * @throws as `loadModel`, except errors that only appear when weights are matched.
 */
export async function fingerprint(base: PretrainedModel | ModelFolder): Promise<string> {
  if ("fingerprint" in base) return base.fingerprint;
  const config = checkConfig(await readJsonObject(base, configFile), undefined, configFile);
  const collected = new Fingerprint(config);
  const source = await asModelHasThem(await openWeights(base), config);
  try {
    for (const [name, tensor] of source.tensors) collected.add(name, tensor, await sampleOf(source, name));
    return collected.toString();
  } finally {
    await source.close();
  }
}

/** Weights that are quantized, stored in pieces, or in one tensor together with others. Closes the source if they cannot be read. */
async function asModelHasThem(
  source: WeightSource,
  config: ModelConfig,
  onWarning?: WarningListener,
): Promise<WeightSource> {
  try {
    const plain = config.quantization === undefined ? source : await dequantized(source, config, onWarning);
    return joinWeights(splitWeights(plain, config), config);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Loaded on demand: few models are quantized, and a page downloads its code. */
async function dequantized(
  source: WeightSource,
  config: ModelConfig,
  onWarning?: WarningListener,
): Promise<WeightSource> {
  const { quantizedWeights } = await import("./quantized/quantized-weights.ts");
  return quantizedWeights(source, config, onWarning);
}

/** The same limit as for a config.json: a mistyped class number must not fill the memory. */
const maxLabels = 1_000_000;

/** The configuration with another number of classes, for another problem. Throws InvalidConfigError for one that no classifier has. */
export function withLabels(
  config: ModelConfig,
  { numLabels: labels, problemType: requested }: Pick<LoadOptions, "numLabels" | "problemType">,
): ModelConfig {
  const problemType = requested ?? config.problemType;
  if (labels === undefined || labels === config.labels) return { ...config, problemType };
  if (!(Number.isInteger(labels) && labels >= 1 && labels <= maxLabels)) {
    const expected = `a whole number from 1 to ${maxLabels}`;
    const problem = { kind: "invalid", key: "numLabels", got: String(labels), expected } as const;
    throw new InvalidConfigError("The options of loadModel", [problem]);
  }
  return { ...config, problemType, labels, labelNames: Array.from({ length: labels }, (_, index) => `LABEL_${index}`) };
}

/** transformers' default if the file has no valid value. */
function initializerRange(raw: Readonly<Record<string, unknown>>): number {
  const value = raw.initializer_range;
  return typeof value === "number" && value > 0 && value <= 10 ? value : 0.02;
}

// A configuration may claim that head and embedding share a weight while the file holds two different ones (Flan-T5, saved
// again). Like transformers (`tie_weights`), trust the file.

const pieceBytes = 1 << 24;

/** The configuration, untied if the file has a head of its own with other values than the embedding. */
async function withOwnHead(config: ModelConfig, task: Task, source: WeightSource): Promise<ModelConfig> {
  const family = familyOf(config.modelType);
  const tie = family.heads[task]?.tie;
  if (tie === undefined || !config.tiedEmbeddings) return config;
  const untied = { ...config, tiedEmbeddings: false };
  const { fileKeys, missing } = matchCheckpoint(untied, task, source.tensors.keys());
  const head = fileKeys.get(`${tie.head}.weight`);
  const embedding = fileKeys.get(`${pathInModel(family, task, tie.embedding)}.weight`);
  if (head === undefined || embedding === undefined || missing.length > 0) return config;
  return (await areEqual(source, head, embedding)) ? config : untied;
}

/** Piece by piece: a table may take more memory than there is. */
async function areEqual(source: WeightSource, one: string, other: string): Promise<boolean> {
  const [size, otherSize] = [one, other].map((key) => source.tensors.get(key)?.byteLength ?? 0) as [number, number];
  if (size !== otherSize) return false;
  for (let offset = 0; offset < size; offset += pieceBytes) {
    const range = { offset, length: Math.min(pieceBytes, size - offset) };
    const [bytes, otherBytes] = [await source.readBytes(one, range), await source.readBytes(other, range)];
    if (!bytes.every((byte, index) => byte === otherBytes[index])) return false;
  }
  return true;
}
