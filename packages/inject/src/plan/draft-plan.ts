// Builds a plan. If a part is refused, planning continues with the others, so that all errors are reported at once.

import { type LoraConfig, planMatches } from "@lowrank/adapter-format";
import {
  checkFeatures,
  type Feature,
  layerOrderOf,
  type MatchPlan,
  nothingMatchedError,
  unsupportedPatterns,
  withTaskModules,
} from "@lowrank/adapter-format/internal";
import type { AdaptableModel, LowrankError, Site, Warning } from "@lowrank/contracts";
import { layerReplicationError } from "../errors/errors.ts";
import type { Refusals } from "../errors/refusals.ts";
import { countParameters } from "../hosts/count-parameters.ts";
import { type Tying, tieModules, untied } from "../hosts/tie-modules.ts";
import { initsForStored } from "../init/inits.ts";
import { partWarnings, planParts } from "../parts/part-kinds.ts";
import { checkTiedInit } from "../parts/plan-tied-sites.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { partsOf } from "../planned/planned-parts.ts";
import { variantsOf } from "../variants/variants.ts";
import { siteWarnings } from "./site-warnings.ts";

export interface DraftOptions {
  readonly supported: ReadonlySet<Feature>;
  /** Collects the errors. If there are any, the plan is incomplete and must not be used. */
  readonly refusals: Refusals;
  /** Names of an existing adapter's tensors. */
  readonly stored?: ReadonlySet<string>;
  /** Number of tokens to assume, if not the model's. */
  readonly vocabulary?: number | undefined;
}

/** The plan for a configuration. For one from a file, saved modules are checked against its tensors. */
export function draftPlan(model: AdaptableModel, input: LoraConfig, options: DraftOptions): InjectionPlan {
  const { refusals, vocabulary } = options;
  const tying = checkConfig(model, input, options);
  const matches = refusals.attempt(() => matchSites(model, tying), null);
  const { config, warnings } = matches ?? { config: tying.config, warnings: [] };
  const matched = new Set(matches?.matched);
  const adapted = matches && model.sites().filter(({ path }) => matched.has(path));
  const task = { model, config, tying, adapted, refusals, vocabulary };
  const parts = planParts(task);
  if (refusals.errors.length > 0) refusals.add(...partlyUnmatched(matches));
  const fanInFanOut = correctFanInFanOut(config, adapted ?? []);
  const trainableParameters = parts.reduce((sum, { parameters }) => sum + parameters, 0);
  const totalParameters = countParameters(model) + trainableParameters;
  const entries = partsOf({ parts }, "site");
  return {
    config: { ...config, fanInFanOut: fanInFanOut.value },
    parts,
    trainableParameters,
    totalParameters,
    share: trainableParameters / totalParameters,
    warnings: [
      ...tying.warnings,
      ...warnings,
      ...partWarnings({ ...task, planned: parts }),
      ...fanInFanOut.warnings,
      ...siteWarnings(entries),
      ...variantsOf(config).flatMap((row) => row.warnings?.(config, entries) ?? []),
    ],
  };
}

/** Checks that do not need the layers. Returns the configuration with tied modules. */
function checkConfig(model: AdaptableModel, input: LoraConfig, { supported, refusals, stored }: DraftOptions): Tying {
  refusals.attempt(() => checkFeatures(input, supported), undefined);
  refusals.attempt(() => checkLayers(model, input), undefined);
  refusals.add(...unsupportedPatterns(input));
  const config = withTaskModules(input);
  const tying = refusals.attempt(() => tieModules(model, config, stored), untied(config));
  refusals.attempt(() => checkTiedInit(tying, config), undefined);
  const runsInit = stored === undefined || initsForStored(config).length > 0;
  for (const row of variantsOf(config)) refusals.attempt(() => row.check?.(config, { model, runsInit }), undefined);
  return tying;
}

function matchSites(model: AdaptableModel, tying: Tying): MatchPlan {
  const sites = model.sites();
  const isTied = ({ path }: Site) => tying.kind === "targets" && tying.tiedModules.includes(path);
  return planMatches(
    tying.config,
    sites.filter((site) => !isTied(site)).map(({ path }) => path),
    {
      ...(model.modelType === undefined ? {} : { modelType: model.modelType }),
      linearPaths: sites.filter(({ kind }) => kind === "linear").map(({ path }) => path),
      outputHeadPaths: sites.filter(({ role }) => role === "output-head").map(({ path }) => path),
    },
  );
}

/** Targets that match nothing although others do: a warning, unless it belongs to another error. */
function partlyUnmatched(matches: MatchPlan | null): readonly LowrankError[] {
  if (!matches?.unmatchedTargets.length) return [];
  const messages = matches.warnings
    .filter(({ code }) => code === "TARGET_MATCHED_NOTHING")
    .map(({ message }) => message);
  return [nothingMatchedError(matches.unmatchedTargets, matches.suggestions, messages.slice(0, 20).join("\n"))];
}

/** PEFT corrects the field to fit the layers, with a warning (tuners/lora/layer.py, dispatch_default). */
function correctFanInFanOut(
  config: LoraConfig,
  adapted: readonly Site[],
): { readonly value: boolean; readonly warnings: readonly Warning[] } {
  const linear = adapted.filter(({ kind }) => kind === "linear");
  if (linear.length === 0) return { value: config.fanInFanOut, warnings: [] };
  // For a model with both layouts PEFT sets the field to true and then checks each layer.
  const value = linear.some(({ fanInFanOut }) => fanInFanOut);
  if (value === config.fanInFanOut) return { value, warnings: [] };
  const layout = value ? "[in, out], as GPT-2's Conv1D does" : "[out, in]";
  const message = `fan_in_fan_out was ${config.fanInFanOut}, but these layers store their weights as ${layout}; it is set to ${value}.`;
  return { value, warnings: [{ code: "FAN_IN_FAN_OUT_CORRECTED", message }] };
}

// Layers are repeated before an adapter is attached (`model.withLayers`), so paths mean the new layers.

/** Throws LAYER_REPLICATION unless the model repeats the layers that the configuration repeats. */
function checkLayers({ layerOrder }: AdaptableModel, config: LoraConfig): void {
  const expected = layerOrderOf(config);
  if ((layerOrder ?? null)?.join() !== expected?.join()) throw layerReplicationError(layerOrder ?? null, expected);
}
