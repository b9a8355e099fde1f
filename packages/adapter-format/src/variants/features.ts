// Features of a configuration beyond plain LoRA: each changes what an adapter computes, so a program must either
// implement it or refuse the adapter. One row a feature; who attaches adapters names the ones it implements.

import { describeValue } from "@lowrank/contracts";
import { UnsupportedFeaturesError } from "../errors.ts";
import type { LoraConfig } from "../lora-config.ts";

interface FeatureRow {
  /** PEFT's key, or key and value where one value of several is meant. */
  readonly name: string;
  readonly key: string;
  /** The value that asks for it, or null if the configuration does not. */
  asked(config: LoraConfig): unknown;
  readonly effect: string;
  /** True where it matters only while an adapter is made and trained, not when a trained one is used. */
  readonly onlyWhenStarting?: boolean;
}

const given = (value: unknown): unknown => (value === false ? null : value);
const init = (start: string) => (config: LoraConfig) =>
  typeof config.init === "string" && config.init.startsWith(start) ? config.init : null;
const changesBase = "the initialisation changes the base model's weights";

const rows = [
  {
    name: "bias",
    key: "bias",
    asked: ({ bias }) => (bias === "none" ? null : bias),
    effect: "biases of the base train along",
  },
  {
    name: "use_dora",
    key: "use_dora",
    asked: ({ useDora }) => given(useDora),
    effect: "weight-decomposed LoRA (DoRA)",
  },
  { name: "lora_bias", key: "lora_bias", asked: ({ loraBias }) => given(loraBias), effect: "a bias on B" },
  {
    name: "target_parameters",
    key: "target_parameters",
    asked: ({ targetParameters }) => (targetParameters?.length ? targetParameters : null),
    effect: "LoRA on raw parameters",
  },
  {
    name: "trainable_token_indices",
    key: "trainable_token_indices",
    asked: ({ trainableTokenIndices }) => trainableTokenIndices,
    effect: "some rows of the embedding are replaced",
  },
  {
    name: "layer_replication",
    key: "layer_replication",
    asked: ({ layerReplication }) => (layerReplication?.length ? layerReplication : null),
    effect: "layers are repeated",
  },
  {
    name: "alora_invocation_tokens",
    key: "alora_invocation_tokens",
    asked: ({ activationTokens }) => (activationTokens?.length ? activationTokens : null),
    effect: "the adapter acts only after an invocation sequence",
  },
  {
    name: "use_qalora",
    key: "use_qalora",
    asked: ({ useQalora }) => given(useQalora),
    effect: "inputs are pooled in groups",
  },
  {
    name: "use_bdlora",
    key: "use_bdlora",
    asked: ({ blockDiagonal }) => blockDiagonal,
    effect: "block-diagonal factors",
  },
  {
    name: "kasa_config",
    key: "kasa_config",
    asked: ({ kasaConfig }) => kasaConfig,
    effect: "a diagonal between A and B",
  },
  {
    name: "arrow_config",
    key: "arrow_config",
    asked: ({ arrowConfig }) => arrowConfig,
    effect: "routing between adapters",
  },
  {
    name: "velora_config",
    key: "velora_config",
    asked: ({ veloraConfig }) => veloraConfig,
    effect: "compressed gradients",
    onlyWhenStarting: true,
  },
  {
    name: "monteclora_config",
    key: "monteclora_config",
    asked: ({ monteCloraConfig }) => monteCloraConfig,
    effect: "sampled factors",
  },
  {
    name: "megatron_config",
    key: "megatron_config",
    asked: ({ megatronConfig }) => megatronConfig,
    effect: "tensor-parallel layers",
  },
  {
    name: "ensure_weight_tying",
    key: "ensure_weight_tying",
    asked: ({ ensureWeightTying }) => given(ensureWeightTying),
    effect: "tied weights stay tied while they train",
  },
  { name: "init=pissa", key: "init_lora_weights", asked: init("pissa"), effect: changesBase },
  { name: "init=olora", key: "init_lora_weights", asked: init("olora"), effect: changesBase },
  { name: "init=corda", key: "init_lora_weights", asked: init("corda"), effect: changesBase },
  { name: "init=loftq", key: "init_lora_weights", asked: init("loftq"), effect: changesBase },
  { name: "init=lora_ga", key: "init_lora_weights", asked: init("lora_ga"), effect: changesBase },
  {
    name: "init=eva",
    key: "init_lora_weights",
    asked: init("eva"),
    effect: "A starts from the inputs' main directions",
    onlyWhenStarting: true,
  },
  {
    name: "init=orthogonal",
    key: "init_lora_weights",
    asked: init("orthogonal"),
    effect: "factors start orthogonal",
    onlyWhenStarting: true,
  },
  {
    name: "init=mica",
    key: "init_lora_weights",
    asked: init("mica"),
    effect: "B starts from the weight and stays frozen",
    onlyWhenStarting: true,
  },
] as const satisfies readonly FeatureRow[];

/** A feature beyond plain LoRA, by PEFT's key. */
export type Feature = (typeof rows)[number]["name"];

/** Every feature there is. */
export const features: readonly Feature[] = rows.map(({ name }) => name);

/** Features that matter only while an adapter is made and trained: a trained one can be used without them. */
export const startingFeatures: readonly Feature[] = rows.flatMap((row) =>
  "onlyWhenStarting" in row ? [row.name] : [],
);

/** A feature that a configuration asks for and a program does not have. */
export interface UnsupportedFeature {
  readonly feature: Feature;
  readonly key: string;
  readonly got: string;
  readonly effect: string;
}

/** What a configuration asks for beyond plain LoRA and beyond the `supported` features. */
export function unsupportedFeatures(
  config: LoraConfig,
  supported: ReadonlySet<Feature>,
): readonly UnsupportedFeature[] {
  return rows.flatMap(({ name, key, asked, effect }) => {
    const value = asked(config);
    if (value === null || supported.has(name)) return [];
    return [{ feature: name, key, got: describeValue(value), effect }];
  });
}

/**
 * Throws if a configuration asks for a feature that is not among the supported ones.
 *
 * @throws UnsupportedFeaturesError listing them all.
 * @example
 * ```ts
 * import { checkFeatures, createLoraConfig } from "@lowrank/adapter-format";
 *
 * checkFeatures(createLoraConfig({ useDora: true }), new Set(["use_dora"]));
 * ```
 */
export function checkFeatures(config: LoraConfig, supported: ReadonlySet<Feature>): void {
  const missing = unsupportedFeatures(config, supported);
  if (missing.length > 0) throw new UnsupportedFeaturesError(missing);
}
