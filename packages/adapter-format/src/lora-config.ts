// All fields of PEFT's LoraConfig (version 0.21), under descriptive names.

import type { JsonObject, JsonValue } from "./json.ts";

/** The task that PEFT wraps the model for. */
export type TaskType = "SEQ_CLS" | "SEQ_2_SEQ_LM" | "CAUSAL_LM" | "TOKEN_CLS" | "QUESTION_ANS" | "FEATURE_EXTRACTION";

/** Which biases of the base model are trained. */
export type BiasMode = "none" | "all" | "lora_only";

/** Every field of an adapter_config.json; the comment gives PEFT's key where the name differs. */
export interface LoraConfig {
  readonly taskType: TaskType | null;
  readonly autoMapping: JsonObject | null;
  readonly peftVersion: string | null;
  /** `base_model_name_or_path` */
  readonly baseModel: string | null;
  readonly revision: string | null;
  /** Always written as true, as PEFT does. */
  readonly inferenceMode: boolean;

  /** `r`, 1 to 4096 */
  readonly rank: number;
  /** A list of names (exact, or the end of a path), a regular expression on the whole path, "all-linear", or the model's default. */
  readonly targetModules: readonly string[] | string | null;
  readonly excludeModules: readonly string[] | string | null;
  /** `lora_alpha` */
  readonly alpha: number;
  /** `lora_dropout`, on the input of the low-rank branch only */
  readonly dropout: number;
  readonly fanInFanOut: boolean;
  readonly bias: BiasMode;
  /** `use_rslora`: scale by α/√r instead of α/r */
  readonly rankStabilized: boolean;
  /** Modules that are trained in full and saved with the adapter, by the end of their path. */
  readonly modulesToSave: readonly string[] | null;
  /** `init_lora_weights`: true, false, "gaussian", or an initialization that uses the weights or data */
  readonly init: boolean | string;
  readonly layersToTransform: readonly number[] | number | null;
  readonly layersPattern: readonly string[] | string | null;
  /** Rank by pattern. The first match is used. */
  readonly rankPattern: ReadonlyMap<string, number>;
  /** Alpha by pattern. The first match is used. */
  readonly alphaPattern: ReadonlyMap<string, number>;

  readonly megatronConfig: JsonObject | null;
  readonly megatronCore: string | null;
  readonly trainableTokenIndices: readonly number[] | ReadonlyMap<string, readonly number[]> | null;
  readonly loftqConfig: JsonObject | null;
  readonly evaConfig: JsonObject | null;
  readonly cordaConfig: JsonObject | null;
  readonly loraGaConfig: JsonObject | null;
  readonly useDora: boolean;
  readonly veloraConfig: JsonObject | null;
  /** `alora_invocation_tokens` */
  readonly activationTokens: readonly number[] | null;
  readonly useQalora: boolean;
  readonly qaloraGroupSize: number;
  readonly monteCloraConfig: JsonObject | null;
  /** Ranges [start, end) of layers that form the new stack. */
  readonly layerReplication: readonly (readonly number[])[] | null;
  /** A bias on B. */
  readonly loraBias: boolean;
  readonly targetParameters: readonly string[] | null;
  /** `use_bdlora`: A or B is block diagonal. PEFT's keys: target_modules_bd_a, target_modules_bd_b, nblocks, match_strict */
  readonly blockDiagonal: JsonObject | null;
  readonly arrowConfig: JsonObject | null;
  readonly kasaConfig: JsonObject | null;
  readonly ensureWeightTying: boolean;

  /** Unknown keys, which are written back unchanged. */
  readonly unknown: ReadonlyMap<string, JsonValue>;
}

/** One tensor of an adapter, in torch's layout. */
export interface AdapterTensor {
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly values: Float32Array;
}

/** A LoRA adapter: the contents of PEFT's folder. */
export interface Adapter {
  readonly config: LoraConfig;
  /** By PEFT's key without "base_model.model.": "transformer.h.0.attn.c_attn.lora_A.weight". */
  readonly tensors: ReadonlyMap<string, AdapterTensor>;
  /** Metadata in the weights file's header, without "format". */
  readonly metadata: ReadonlyMap<string, string>;
  /**
   * Set for an adapter without A and B, for `planMerge` of `@lowrank/merge`. "<module>.ia3_l" multiplies outputs, [outFeatures, 1],
   * or inputs, [1, inFeatures]; "<module>.beft_bias", [1, outFeatures], is added; other tensors replace parameters.
   */
  readonly mergeOnly?: true;
}
