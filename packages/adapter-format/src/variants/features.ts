// Features of a configuration beyond plain LoRA. Each changes what an adapter computes, so a program must implement it or refuse
// the adapter. One row for each feature; programs list the features that they support.

import { describeValue } from "@lowrank/contracts/internal";
import { unsupportedFeaturesError } from "../errors.ts";
import type { LoraConfig } from "../lora-config.ts";
import { type InitName, initFacts, initNameOf, initNames } from "./inits.ts";
import { settingOrNull, type VariantFacts } from "./variant-facts.ts";
import { type VariantName, variantFacts } from "./variants.ts";

type FeatureRow = Pick<VariantFacts, "key" | "setting" | "effect" | "onlyInTraining">;

/** Features that are neither variants nor initializations. */
const others = {
  bias: {
    key: "bias",
    setting: ({ bias }) => (bias === "none" ? null : bias),
    effect: "biases of the base model are trained",
  },
  target_parameters: {
    key: "target_parameters",
    setting: ({ targetParameters }) => settingOrNull(targetParameters),
    effect: "LoRA on raw parameters",
  },
  trainable_token_indices: {
    key: "trainable_token_indices",
    setting: ({ trainableTokenIndices }) => trainableTokenIndices,
    effect: "some rows of the embedding are replaced",
  },
  layer_replication: {
    key: "layer_replication",
    setting: ({ layerReplication }) => settingOrNull(layerReplication),
    effect: "layers are repeated",
  },
  megatron_config: {
    key: "megatron_config",
    setting: ({ megatronConfig }) => megatronConfig,
    effect: "tensor-parallel layers",
  },
  ensure_weight_tying: {
    key: "ensure_weight_tying",
    setting: ({ ensureWeightTying }) => settingOrNull(ensureWeightTying),
    effect: "tied weights stay tied while they train",
  },
} as const satisfies Readonly<Record<string, FeatureRow>>;

type InitFeature = Extract<(typeof initFacts)[InitName], { readonly feature: string }>["feature"];

/** A feature beyond plain LoRA: PEFT's key, or "key=value" if only one value is meant. */
export type Feature = keyof typeof others | VariantName | InitFeature;

/** Initializations that are not plain LoRA's. Two that differ only in speed may be one feature. */
const inits = Object.values(initFacts).flatMap((facts) => ("feature" in facts ? [facts] : []));

/** The features of initializations. */
export const initFeatures: readonly InitFeature[] = [...new Set(inits.map(({ feature }) => feature))];

const rows = new Map<Feature, FeatureRow>([
  ...(Object.entries(others) as [keyof typeof others, FeatureRow][]),
  ...(Object.entries(variantFacts) as [VariantName, FeatureRow][]),
  ...inits.map((facts): [InitFeature, FeatureRow] => [facts.feature, initRow(facts)]),
]);

function initRow({ feature, effect, base }: (typeof inits)[number]): FeatureRow {
  const named = initNames.filter((name) => (initFacts[name] as { feature?: string }).feature === feature);
  return {
    key: "init_lora_weights",
    setting: ({ init }) => (named.some((name) => name === initNameOf(init)) ? init : null),
    effect,
    onlyInTraining: base === "kept",
  };
}

/** Features of LoRA that PEFT's configuration can turn on. */
export const features: readonly Feature[] = [...rows.keys()];

/** Features that matter only for initialization and training. A trained adapter works without them. */
export const trainingOnlyFeatures: readonly Feature[] = features.filter((name) => rows.get(name)?.onlyInTraining);

/** A feature that a configuration uses and a program does not support. */
export interface UnsupportedFeature {
  readonly feature: Feature;
  readonly key: string;
  readonly got: string;
  readonly effect: string;
}

/** The features of a configuration that are neither plain LoRA nor `supported`. */
export function unsupportedFeatures(
  config: LoraConfig,
  supported: ReadonlySet<Feature>,
): readonly UnsupportedFeature[] {
  return [...rows].flatMap(([feature, { key, setting, effect }]) => {
    const value = setting(config);
    if (value === null || supported.has(feature)) return [];
    return [{ feature, key, got: describeValue(value), effect }];
  });
}

/**
 * Throws if a configuration uses a feature that is not supported.
 *
 * @throws UNSUPPORTED_FEATURES listing all of them.
 */
export function checkFeatures(config: LoraConfig, supported: ReadonlySet<Feature>): void {
  const missing = unsupportedFeatures(config, supported);
  if (missing.length > 0) throw unsupportedFeaturesError(missing);
}
