// Decides what an adapter will change, without making a single tensor.

import { checkFeatures, type Feature, type LoraConfig, planMatches, withTaskModules } from "@lowrank/adapter-format";
import type { AdaptableModel, Site, Warning } from "@lowrank/contracts";
import { checkLayers } from "./check-layers.ts";
import { countParameters } from "./count-parameters.ts";
import type { InjectionPlan, PlannedParameter, PlannedSite } from "./injection-plan.ts";
import { planRawParameters } from "./plan-raw-parameters.ts";
import { planSites } from "./plan-sites.ts";
import { planTiedSites } from "./plan-tied-sites.ts";
import { planTokenRows } from "./plan-token-rows.ts";
import { checkSavedModules, planSavedParameters } from "./saved-parameters.ts";
import { siteWarnings } from "./site-warnings.ts";
import { startsForNew } from "./starts.ts";
import { type Tying, tieModules } from "./tie-modules.ts";

/** What any adapter may ask for beyond plain LoRA. */
export const supportedFeatures: readonly Feature[] = [
  "bias",
  "use_dora",
  "lora_bias",
  "target_parameters",
  "trainable_token_indices",
  "layer_replication",
  "ensure_weight_tying",
];

/** What a new adapter may ask for. */
const supportedWhenNew: ReadonlySet<Feature> = new Set([...supportedFeatures, ...startsForNew]);

/**
 * Which layers a configuration adapts in this model, with which ranks and scalings, and what it will cost.
 *
 * Targets that are null become PEFT's defaults for the model's type; "all-linear" becomes every linear layer but the
 * output head. A target that matches nothing beside others that do is a warning in the plan, where PEFT is silent.
 *
 * @throws NothingMatchedError if no layer matches; UnsupportedFeaturesError, UnsupportedPatternError;
 * UnsupportedStartError, UnsupportedSiteError, SavedModuleNotFoundError, LayerReplicationError
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
  checkSavedModules(model, config);
  return draftPlan(model, config, { supported: supportedWhenNew });
}

/** What decides about a plan besides the configuration. */
export interface DraftOptions {
  readonly supported: ReadonlySet<Feature>;
  /** Names of the tensors of an adapter that exists already. */
  readonly stored?: ReadonlySet<string>;
}

/** The plan for a configuration that may come from a file, whose saved modules are checked against its tensors instead. */
export function draftPlan(
  model: AdaptableModel,
  given: LoraConfig,
  { supported, stored }: DraftOptions,
): InjectionPlan {
  checkFeatures(given, supported);
  checkLayers(model, given);
  const tying = tieModules(model, withTaskModules(given), stored);
  const sites = model.sites();
  const isTied = ({ path }: Site) => tying.kind === "targets" && tying.followers.includes(path);
  const matches = planMatches(
    tying.config,
    sites.filter((site) => !isTied(site)).map(({ path }) => path),
    {
      ...(model.modelType === undefined ? {} : { modelType: model.modelType }),
      linearPaths: sites.filter(({ kind }) => kind === "linear").map(({ path }) => path),
      outputHeadPaths: sites.filter(({ role }) => role === "output-head").map(({ path }) => path),
    },
  );
  const matched = new Set(matches.matched);
  const adapted = sites.filter(({ path }) => matched.has(path));
  const entries = sharing(planSites(adapted, matches.config, model.parameters()), tying);
  const tiedSites = planTiedSites(tying, matches.config, { sites, entries });
  const savedParameters = planSavedParameters(model, matches.config, matched).map((one) => followed(one, tying));
  const raw = planRawParameters(model, matches.config, matched);
  const tokenRows = planTokenRows(model, matches.config, matched);
  const fanInFanOut = correctFanInFanOut(matches.config, adapted);
  const trainableParameters = sum([...entries, ...tiedSites, ...savedParameters, ...raw.planned, ...tokenRows]);
  const totalParameters = countParameters(model) + trainableParameters;
  return {
    config: { ...matches.config, fanInFanOut: fanInFanOut.value },
    entries,
    tiedSites,
    savedParameters,
    rawParameters: raw.planned,
    tokenRows,
    trainableParameters,
    totalParameters,
    share: trainableParameters / totalParameters,
    warnings: [
      ...tying.warnings,
      ...matches.warnings,
      ...raw.warnings,
      ...fanInFanOut.warnings,
      ...siteWarnings(entries),
    ],
  };
}

/** The embedding's entry, which knows who shares its pair; nobody is left who could be parted from it by a merge. */
function sharing(entries: readonly PlannedSite[], { kind, embedding, followers }: Tying): readonly PlannedSite[] {
  if (kind !== "targets") return entries;
  return entries.map((entry) => {
    if (entry.path !== embedding) return entry;
    const { tiedWith: _, ...alone } = entry;
    return { ...alone, sharedBy: followers };
  });
}

function followed(planned: PlannedParameter, { kind, embedding, followers }: Tying): PlannedParameter {
  if (kind !== "saved" || planned.path !== `${embedding}.weight`) return planned;
  const paths = followers.map((path) => `${path}.weight`);
  return { ...planned, followers: paths.map((path) => ({ path, key: path })) };
}

/** PEFT corrects the field to what the layers are, and says so (tuners/lora/layer.py, dispatch_default). */
function correctFanInFanOut(
  config: LoraConfig,
  adapted: readonly Site[],
): { readonly value: boolean; readonly warnings: readonly Warning[] } {
  const linear = adapted.filter(({ kind }) => kind === "linear");
  if (linear.length === 0) return { value: config.fanInFanOut, warnings: [] };
  // A model that mixes both has the field true for PEFT, which then looks at each layer again.
  const value = linear.some(({ fanInFanOut }) => fanInFanOut);
  if (value === config.fanInFanOut) return { value, warnings: [] };
  const layout = value ? "[in, out], as GPT-2's Conv1D does" : "[out, in]";
  const message = `fan_in_fan_out was ${config.fanInFanOut}, but these layers store their weights as ${layout}; it is set to ${value}.`;
  return { value, warnings: [{ code: "FAN_IN_FAN_OUT_CORRECTED", message }] };
}

function sum(planned: readonly { readonly parameters: number }[]): number {
  return planned.reduce((total, { parameters }) => total + parameters, 0);
}
