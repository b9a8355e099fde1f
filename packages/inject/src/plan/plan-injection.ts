// Plans what an adapter will change, without making a tensor.

import type { LoraConfig } from "@lowrank/adapter-format";
import { type Feature, initFeatures } from "@lowrank/adapter-format/internal";
import type { AdaptableModel } from "@lowrank/contracts";
import { Refusals } from "../errors/refusals.ts";
import { checkSavedModules } from "../parts/saved-parameters.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { variants } from "../variants/variants.ts";
import { draftPlan } from "./draft-plan.ts";
import { initWarnings } from "./site-warnings.ts";

/** Supported features beyond plain LoRA. */
export const supportedFeatures: readonly Feature[] = [
  "bias",
  "target_parameters",
  "trainable_token_indices",
  "layer_replication",
  "ensure_weight_tying",
  ...variants.map(({ name }) => name),
];

const supportedWhenNew: ReadonlySet<Feature> = new Set([...supportedFeatures, ...initFeatures]);

/**
 * Plans which layers a configuration adapts in this model, with ranks, scalings and cost.
 *
 * Null targets become PEFT's defaults for the model's type; "all-linear" becomes all linear layers except the output head. If
 * only some targets match nothing, the plan has a warning; PEFT is silent.
 *
 * @throws NOTHING_MATCHED if no layer matches; UNSUPPORTED_FEATURES, UnsupportedPatternError; UNSUPPORTED_START,
 * UnsupportedSiteError, SavedModuleNotFoundError, LAYER_REPLICATION; SEVERAL_PROBLEMS with all of them where more than
 * one thing is wrong
 *
 * @example
 * ```ts
 * import { createLoraConfig } from "@lowrank/adapter-format";
 * import type { AdaptableModel } from "@lowrank/contracts";
 * import { describePlan, planInjection } from "@lowrank/inject";
 *
 * export function show(model: AdaptableModel): string {
 *   return describePlan(planInjection(model, createLoraConfig({ rank: 8, targetModules: "all-linear" })));
 * }
 * ```
 */
export function planInjection(model: AdaptableModel, config: LoraConfig): InjectionPlan {
  const refusals = new Refusals();
  refusals.attempt(() => checkSavedModules(model, config), undefined);
  const plan = draftPlan(model, config, { supported: supportedWhenNew, refusals });
  refusals.throwIfAny();
  return { ...plan, warnings: [...plan.warnings, ...initWarnings(plan)] };
}
