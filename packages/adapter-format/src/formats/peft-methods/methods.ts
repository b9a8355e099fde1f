// PEFT's methods (PeftType of PEFT 0.21.2), and whether an adapter of each can be used as LoRA: W + s·B·A with the same product.

import type { JsonValue } from "../../json.ts";

/** Why a method's adapters cannot be used as LoRA, and the next step. */
interface Refusal {
  readonly reason: string;
  readonly advice: string;
}

const approximate =
  "PEFT makes a LoRA that keeps a share of the update, for example 99 %: save_as_lora(folder, model, rank=0.99) of peft.tuners.lora.conversion";
const merge = "Merge it into its base with merge_and_unload() of PEFT, and use the result as the base model";
const none = "Train a LoRA adapter instead";

const fullRank: Refusal = {
  reason: "its update has full rank, so that LoRA can only approximate it",
  advice: approximate,
};
const seeded: Refusal = {
  reason: "the file does not have all of its values: PEFT draws the others at random again",
  advice: approximate,
};
const ofSubspace: Refusal = { reason: "its update is computed from the base's weight", advice: approximate };
const fromBase: Refusal = { reason: "its update is computed from the base's weight", advice: merge };
const ofBase: Refusal = { reason: "it trains weights of the base itself", advice: merge };
const mergeOnly: Refusal = {
  reason: "it changes the base's own weights, without A and B",
  advice: "Merge it: lowrank merge --model BASE --adapter FOLDER --out MERGED. Then use MERGED as the model",
};
const tokens: Refusal = { reason: "it trains virtual tokens and leaves the weights as they are", advice: none };
const routed: Refusal = { reason: "its update is another one for each input", advice: none };

/** Methods that are read: the adapter becomes a LoRA with exactly the same update. */
export const lowRankMethods = [
  "ADALORA",
  "DELORA",
  "GRALORA",
  "LOHA",
  "LOKR",
  "MISS",
  "RANDLORA",
  "VBLORA",
  "VERA",
] as const;

export type LowRankMethod = (typeof lowRankMethods)[number];

const refusals: ReadonlyMap<string, Refusal> = new Map(
  (
    [
      [fullRank, ["C3A", "SHIRA"]],
      [seeded, ["FOURIERFT", "WAVEFT", "UNILORA"]],
      [ofSubspace, ["HIRA", "PSOFT", "TINYLORA"]],
      [fromBase, ["OFT", "BOFT", "HRA", "GLORA", "ROAD", "BONE", "OSF", "DEFT", "PEANUT", "FROD", "ADAMSS"]],
      [mergeOnly, ["BEFT", "IA3", "LN_TUNING"]],
      [ofBase, ["TRAINABLE_TOKENS", "SUPERTUNING"]],
      [tokens, ["PROMPT_TUNING", "MULTITASK_PROMPT_TUNING", "P_TUNING", "PREFIX_TUNING"]],
      [tokens, ["ADAPTION_PROMPT", "CPT", "CARTRIDGE"]],
      [routed, ["POLY", "XLORA", "LILY", "PVERA", "SHADOW"]],
    ] as const
  ).flatMap(([refusal, types]) => types.map((type) => [type, refusal] as const)),
);

const wholeOnly: Refusal = {
  reason: "its configuration alone is not LoRA's",
  advice: "Read the adapter's folder: it becomes a LoRA with the same update",
};

/** Sentences about a method that is not read; undefined for a name that PEFT 0.21.2 does not have. */
export function refusalOf(peftType: string): Refusal | undefined {
  const isRead = lowRankMethods.some((method) => method === peftType);
  return isRead ? wholeOnly : refusals.get(peftType);
}

/** Names of the tensors of methods whose adapters can only be merged. */
export const mergeOnlyTensors: ReadonlyMap<JsonValue | undefined, RegExp> = new Map([
  ["BEFT", /.\.beft_bias$/],
  ["IA3", /.\.ia3_l$/],
  ["LN_TUNING", /.\.ln_tuning_layers\.(weight|bias)$/],
]);

/** A method's configuration. */
export interface MethodConfig {
  readonly method: LowRankMethod;
  readonly values: ReadonlyMap<string, JsonValue>;
}

/** The configuration, if it is of a method whose adapters are low-rank. */
export function lowRankConfig(values: ReadonlyMap<string, JsonValue>): MethodConfig | undefined {
  const method = lowRankMethods.find((candidate) => candidate === values.get("peft_type"));
  return method && { method, values };
}
