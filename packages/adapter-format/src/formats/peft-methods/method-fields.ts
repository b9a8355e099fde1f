// The fields of each method's configuration in PEFT 0.21.2, with PEFT's defaults. Other keys have no effect there.

import {
  dictionaryOf,
  either,
  type FieldCodec,
  finite,
  flag,
  integer,
  listOf,
  oneOf,
  optional,
} from "../../config/field-codec.ts";
import { type FieldName, type FieldRow, loraFields } from "../../config/lora-fields.ts";
import type { LowRankMethod } from "./methods.ts";

/** Rows by LoraConfig's names where LoRA has the field, else by PEFT's key. */
export type MethodFields = Readonly<Record<string, FieldRow<unknown>>>;

/** Fields that keep their meaning in the LoRA with the same update. */
export const keptFields = [
  ...(["taskType", "baseModel", "revision", "targetModules", "excludeModules", "layersToTransform"] as const),
  ...(["layersPattern", "modulesToSave", "layerReplication", "trainableTokenIndices", "ensureWeightTying"] as const),
] as const satisfies readonly FieldName[];

const sizes = integer(1, 1_048_576);
const count = integer(0, 2 ** 31 - 1);
const flags: FieldCodec<boolean> = loraFields.fanInFanOut.codec;
const yes: FieldCodec<boolean> = {
  ...flag,
  expected: "true: without it PEFT draws the file's projections again. Save the adapter with save_projection=True",
  read: (json) => (json === true ? true : undefined),
};

const rows = (codec: FieldCodec<unknown>, defaults: Readonly<Record<string, unknown>>): MethodFields =>
  Object.fromEntries(Object.entries(defaults).map(([key, fallback]) => [key, { key, fallback, codec }]));
const of = (...names: readonly FieldName[]): MethodFields =>
  Object.fromEntries(names.map((name) => [name, loraFields[name]]));
const rank = (fallback: number, key = "r"): MethodFields => ({ rank: { ...loraFields.rank, key, fallback } });
const alpha = (fallback: number, key = "alpha"): MethodFields => ({ alpha: { ...loraFields.alpha, key, fallback } });

const common: MethodFields = {
  ...of("taskType", "autoMapping", "peftVersion", "baseModel", "revision", "inferenceMode", "targetModules"),
  ...of("layersToTransform", "layersPattern", "modulesToSave"),
};
const lowRankOnly = "another value: its update is not low-rank";
const noBias: MethodFields = rows({ ...oneOf(["none"]), expected: lowRankOnly }, { bias: "none" });
const drawn: MethodFields = { ...rows(yes, { save_projection: true }), ...rows(count, { projection_prng_key: 0 }) };
const transposed = of("fanInFanOut");
const init = rows(flags, { init_weights: true });
const lycoris: MethodFields = {
  ...{ ...common, ...of("excludeModules", "rankPattern", "alphaPattern"), ...rank(8), ...alpha(8) },
  ...{ ...rows(finite, { rank_dropout: 0, module_dropout: 0 }), ...rows(flags, { use_effective_conv2d: false }) },
};
const lokrInit = either(flags, oneOf(["lycoris"]), isFlag);
const missInit = {
  ...either(flags, oneOf(["mini"]), isFlag),
  expected: 'true, false or "mini"; with "bat" its update is not low-rank',
};
const unused = (expected: string): FieldCodec<unknown> => ({
  expected: `${expected}, as PEFT's AdaLoRA does not support it`,
  read: (json) =>
    json === false || (typeof json === "object" && Object.keys(json ?? {}).length === 0) ? json : undefined,
  write: () => null,
});

export const methodFields: Readonly<Record<LowRankMethod, MethodFields>> = {
  LOHA: { ...lycoris, ...init },
  LOKR: {
    ...{
      ...lycoris,
      ...rows(lokrInit, { init_weights: true }),
      ...rows(integer(-1, 2 ** 31), { decompose_factor: -1 }),
    },
    ...rows(flags, { decompose_both: false, rank_dropout_scale: false }),
  },
  VERA: {
    ...{ ...common, ...rank(256), ...noBias, ...drawn, ...transposed, ...init },
    ...rows(finite, { vera_dropout: 0, d_initial: 0.1 }),
  },
  ADALORA: {
    ...loraFields,
    ...rank(12, "init_r"),
    ...noBias,
    // The ranks that pruning left, by "path.lora_E".
    rankPattern: { ...loraFields.evaConfig, key: "rank_pattern", codec: optional(dictionaryOf(listOf(flag))) },
    r: loraFields.rank,
    loftqConfig: { ...loraFields.loftqConfig, codec: unused("{}") },
    targetParameters: { ...loraFields.targetParameters, codec: unused("null") },
    ...rows(count, { target_r: 8, tinit: 0, tfinal: 0, deltaT: 1 }),
    ...rows(optional(count), { total_step: null }),
    ...rows(finite, { beta1: 0.85, beta2: 0.85, orth_reg_weight: 0.5 }),
  },
  DELORA: {
    ...{ ...common, ...of("excludeModules", "rankPattern"), ...rank(8), ...noBias, ...init },
    ...{ ...rows(finite, { delora_lambda: 15, module_dropout: 0 }) },
    lambda_pattern: { ...loraFields.alphaPattern, key: "lambda_pattern" },
  },
  MISS: {
    ...{ ...common, ...of("excludeModules"), ...rank(64), ...noBias, ...rows(sizes, { mini_r: 1 }) },
    ...{ ...rows(missInit, { init_weights: true }), ...rows(finite, { miss_dropout: 0 }) },
  },
  RANDLORA: {
    ...{ ...common, ...rank(32), ...alpha(640, "randlora_alpha"), ...noBias, ...drawn, ...transposed, ...init },
    ...{ ...rows(flags, { sparse: false, very_sparse: false }), ...rows(finite, { randlora_dropout: 0 }) },
  },
  VBLORA: {
    ...{ ...common, ...of("excludeModules"), ...rank(4), ...noBias, ...transposed },
    ...{ ...rows(sizes, { num_vectors: 256, vector_length: 256, topk: 2 }) },
    ...rows(flags, { save_only_topk_weights: false }),
    ...rows(finite, { vblora_dropout: 0, init_vector_bank_bound: 0.02, init_logits_std: 0.1 }),
  },
  GRALORA: {
    ...{ ...common, ...rank(32), ...alpha(64), ...noBias, ...transposed, ...init, ...rows(sizes, { gralora_k: 2 }) },
    ...rows({ ...integer(0, 0), expected: "0: hybrid GraLoRA is not supported" }, { hybrid_r: 0 }),
    ...rows(finite, { gralora_dropout: 0 }),
  },
};

function isFlag(value: unknown): value is boolean {
  return typeof value === "boolean";
}
