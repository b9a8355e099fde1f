// The table of LoraConfig's fields: PEFT's key, the default if the file has none, and the codec.

import type { BiasMode, LoraConfig, TaskType } from "../lora-config.ts";
import {
  byPattern,
  dictionaryOf,
  either,
  type FieldCodec,
  finite,
  flag,
  integer,
  listOf,
  names,
  namesOrPattern,
  object,
  oneOf,
  optional,
  rate,
  text,
} from "./field-codec.ts";

/** More layers than any model has. The limit keeps a hostile file from making us count to a billion. */
const maxLayers = 10_000;

/** For each layer of the adapted model, the layer of the base that it repeats; null without layer replication. */
export function layerOrderOf({ layerReplication }: Pick<LoraConfig, "layerReplication">): readonly number[] | null {
  if (!layerReplication?.length) return null;
  return layerReplication.flatMap(([start = 0, end = 0]) =>
    Array.from({ length: end - start }, (_, index) => start + index),
  );
}

/** Whether every entry is a non-empty range of layers. */
export function areLayerRanges(ranges: readonly (readonly number[])[]): boolean {
  let count = 0;
  return ranges.every((range) => {
    const [start = 0, end = 0] = range;
    count += end - start;
    return range.length === 2 && start < end && count <= maxLayers;
  });
}

/** How one field is stored. */
export interface FieldRow<Value> {
  /** PEFT's key. */
  readonly key: string;
  readonly fallback: Value;
  readonly codec: FieldCodec<Value>;
}

/** The fields that have a key of their own. */
export type FieldName = Exclude<keyof LoraConfig, "unknown">;

/** Maximum rank. Beyond it A and B are no longer small. */
const maxRank = 4096;

const taskTypes: readonly TaskType[] = [
  "SEQ_CLS",
  "SEQ_2_SEQ_LM",
  "CAUSAL_LM",
  "TOKEN_CLS",
  "QUESTION_ANS",
  "FEATURE_EXTRACTION",
];
const biasModes: readonly BiasMode[] = ["none", "all", "lora_only"];

const index = integer(0, 2 ** 31 - 1);
const indices = listOf(index);
const rank = integer(1, maxRank);

const indicesByModule: FieldCodec<ReadonlyMap<string, readonly number[]>> = dictionaryOf(indices);

/** Every field, in the order of PEFT's documentation. */
export const loraFields: { readonly [Name in FieldName]: FieldRow<LoraConfig[Name]> } = {
  taskType: { key: "task_type", fallback: null, codec: optional(oneOf(taskTypes)) },
  autoMapping: { key: "auto_mapping", fallback: null, codec: optional(object) },
  peftVersion: { key: "peft_version", fallback: null, codec: optional(text()) },
  baseModel: { key: "base_model_name_or_path", fallback: null, codec: optional(text()) },
  revision: { key: "revision", fallback: null, codec: optional(text()) },
  inferenceMode: { key: "inference_mode", fallback: false, codec: falseIfNull(flag) },
  rank: { key: "r", fallback: 8, codec: rank },
  targetModules: { key: "target_modules", fallback: null, codec: optional(namesOrPattern) },
  excludeModules: { key: "exclude_modules", fallback: null, codec: optional(namesOrPattern) },
  alpha: { key: "lora_alpha", fallback: 8, codec: finite },
  dropout: { key: "lora_dropout", fallback: 0, codec: rate },
  fanInFanOut: { key: "fan_in_fan_out", fallback: false, codec: falseIfNull(flag) },
  bias: { key: "bias", fallback: "none", codec: oneOf(biasModes) },
  rankStabilized: { key: "use_rslora", fallback: false, codec: falseIfNull(flag) },
  modulesToSave: { key: "modules_to_save", fallback: null, codec: optional(names) },
  init: {
    key: "init_lora_weights",
    fallback: true,
    codec: either(falseIfNull(flag), text(), (value): value is boolean => typeof value === "boolean"),
  },
  layersToTransform: {
    key: "layers_to_transform",
    fallback: null,
    codec: optional(either(index, indices, (value): value is number => typeof value === "number")),
  },
  layersPattern: { key: "layers_pattern", fallback: null, codec: optional(layersPatternCodec()) },
  rankPattern: { key: "rank_pattern", fallback: new Map(), codec: byPattern(rank) },
  alphaPattern: { key: "alpha_pattern", fallback: new Map(), codec: byPattern(finite) },
  megatronConfig: { key: "megatron_config", fallback: null, codec: optional(object) },
  megatronCore: { key: "megatron_core", fallback: "megatron.core", codec: optional(text()) },
  trainableTokenIndices: {
    key: "trainable_token_indices",
    fallback: null,
    codec: optional(either(indices, indicesByModule, (value): value is readonly number[] => Array.isArray(value))),
  },
  loftqConfig: { key: "loftq_config", fallback: {}, codec: optional(object) },
  evaConfig: { key: "eva_config", fallback: null, codec: optional(object) },
  cordaConfig: { key: "corda_config", fallback: null, codec: optional(object) },
  loraGaConfig: { key: "lora_ga_config", fallback: null, codec: optional(object) },
  useDora: { key: "use_dora", fallback: false, codec: falseIfNull(flag) },
  veloraConfig: { key: "velora_config", fallback: null, codec: optional(object) },
  activationTokens: { key: "alora_invocation_tokens", fallback: null, codec: optional(indices) },
  useQalora: { key: "use_qalora", fallback: false, codec: falseIfNull(flag) },
  qaloraGroupSize: { key: "qalora_group_size", fallback: 16, codec: integer(1, 1_048_576) },
  monteCloraConfig: { key: "monteclora_config", fallback: null, codec: optional(object) },
  layerReplication: { key: "layer_replication", fallback: null, codec: optional(listOf(indices)) },
  loraBias: { key: "lora_bias", fallback: false, codec: falseIfNull(flag) },
  targetParameters: { key: "target_parameters", fallback: null, codec: optional(names) },
  blockDiagonal: { key: "use_bdlora", fallback: null, codec: optional(object) },
  arrowConfig: { key: "arrow_config", fallback: null, codec: optional(object) },
  kasaConfig: { key: "kasa_config", fallback: null, codec: optional(object) },
  ensureWeightTying: { key: "ensure_weight_tying", fallback: false, codec: falseIfNull(flag) },
};

export const fieldNames = Object.keys(loraFields) as readonly FieldName[];

/** An empty string or list means "any layers", like null. */
function layersPatternCodec(): FieldCodec<readonly string[] | string> {
  return either(listOf(text()), text(), (value): value is readonly string[] => typeof value !== "string");
}

/** Null counts as false: PEFT treats both alike, and Axolotl writes null for unset flags. */
function falseIfNull(codec: FieldCodec<boolean>): FieldCodec<boolean> {
  return { ...codec, read: (json) => (json === null ? false : codec.read(json)) };
}
