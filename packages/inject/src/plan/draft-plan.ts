// Puts a plan together. A part that is refused is left out and the others go on, so that everything is refused at once.

import {
  badPatterns,
  checkFeatures,
  type Feature,
  type LoraConfig,
  type MatchPlan,
  NothingMatchedError,
  planMatches,
  withTaskModules,
} from "@lowrank/adapter-format";
import type { AdaptableModel, Site, Warning } from "@lowrank/contracts";
import { UnsupportedSiteError } from "../errors/errors.ts";
import type { Refusals } from "../errors/refusals.ts";
import { checkLayers } from "../hosts/check-layers.ts";
import { countParameters } from "../hosts/count-parameters.ts";
import { type Tying, tieModules, untied } from "../hosts/tie-modules.ts";
import { countWrappers, planRawParameters } from "../parts/plan-raw-parameters.ts";
import { planSites } from "../parts/plan-sites.ts";
import { checkTiedStart, planTiedSites } from "../parts/plan-tied-sites.ts";
import { planTokenRows } from "../parts/plan-token-rows.ts";
import { planSavedParameters } from "../parts/saved-parameters.ts";
import type { InjectionPlan, PlannedParameter, PlannedSite, PlannedTiedSite } from "../planned/injection-plan.ts";
import { startsForStored } from "../start/starts.ts";
import { checkInvocation, invocationWarnings } from "../variants/activated-lora/activated-lora.ts";
import { blockWarnings, checkBlockStart } from "../variants/bd-lora/bd-lora.ts";
import { checkKasaStart } from "../variants/kasa/kasa.ts";
import { siteWarnings } from "./site-warnings.ts";

/** What decides about a plan besides the configuration. */
export interface DraftOptions {
  readonly supported: ReadonlySet<Feature>;
  /** Gets whatever is refused. The plan is without it then, and no adapter is to be made by it. */
  readonly refusals: Refusals;
  /** Names of the tensors of an adapter that exists already. */
  readonly stored?: ReadonlySet<string>;
  /** How many tokens the model is taken to know, if not those that it knows. */
  readonly vocabulary?: number | undefined;
}

/** The plan for a configuration that may come from a file, whose saved modules are checked against its tensors instead. */
export function draftPlan(model: AdaptableModel, given: LoraConfig, options: DraftOptions): InjectionPlan {
  const { refusals, vocabulary } = options;
  const tying = checkConfig(model, given, options);
  const layers = planLayers(model, tying, refusals);
  const { config, adapted, entries, tiedSites } = layers;
  const matched = new Set(adapted.map(({ path }) => path));
  const raw = refusals.attempt(() => planRawParameters(model, config, matched), { planned: [], warnings: [] });
  const rows = { adapted: matched, refusals, vocabulary };
  const tokenRows = refusals.attempt(() => planTokenRows(model, config, rows), []);
  const wrappers = {
    pairs: countWrappers(matched, raw.planned),
    rows: new Set(tokenRows.flatMap(({ path, followers }) => [path, ...followers])),
  };
  const saved = refusals.attempt(() => planSavedParameters(model, config, wrappers), []);
  const savedParameters = saved.map((one) => followed(one, tying));
  if (refusals.errors.length > 0) refusals.add(...unmatchedBeside(layers.matches));
  const fanInFanOut = correctFanInFanOut(config, adapted);
  const trainableParameters = sum([...entries, ...tiedSites, ...savedParameters, ...raw.planned, ...tokenRows]);
  const totalParameters = countParameters(model) + trainableParameters;
  return {
    config: { ...config, fanInFanOut: fanInFanOut.value },
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
      ...layers.warnings,
      ...raw.warnings,
      ...fanInFanOut.warnings,
      ...siteWarnings(entries),
      ...blockWarnings(config, entries),
      ...invocationWarnings(config),
    ],
  };
}

/** What can be said before the layers are looked for; and the configuration with what is tied. */
function checkConfig(model: AdaptableModel, given: LoraConfig, { supported, refusals, stored }: DraftOptions): Tying {
  refusals.attempt(() => checkFeatures(given, supported), undefined);
  refusals.attempt(() => checkLayers(model, given), undefined);
  refusals.attempt(() => checkInvocation(model, given), undefined);
  refusals.add(...badPatterns(given));
  const config = withTaskModules(given);
  const tying = refusals.attempt(() => tieModules(model, config, stored), untied(config));
  refusals.attempt(() => checkTiedStart(tying, config), undefined);
  const isStarted = stored === undefined || startsForStored(config).length > 0;
  refusals.attempt(() => checkBlockStart(config, isStarted), undefined);
  refusals.attempt(() => checkKasaStart(config), undefined);
  return tying;
}

interface Layers {
  /** Null if nothing matched. */
  readonly matches: MatchPlan | null;
  /** With targets resolved. */
  readonly config: LoraConfig;
  readonly adapted: readonly Site[];
  readonly entries: readonly PlannedSite[];
  readonly tiedSites: readonly PlannedTiedSite[];
  readonly warnings: readonly Warning[];
}

function planLayers(model: AdaptableModel, tying: Tying, refusals: Refusals): Layers {
  const sites = model.sites();
  const matches = refusals.attempt(() => matchSites(model, tying), null);
  if (matches === null) return { matches, config: tying.config, adapted: [], entries: [], tiedSites: [], warnings: [] };
  const { config, warnings } = matches;
  const matched = new Set(matches.matched);
  const adapted = sites.filter(({ path }) => matched.has(path));
  const planned = refusals.attempt(() => planSites(adapted, config, model.parameters()), null);
  if (planned?.unsupported.length) refusals.add(new UnsupportedSiteError(planned.unsupported));
  const entries = sharing(planned?.entries ?? [], tying);
  // A head shares the embedding's pair, which is missing where the embedding was refused.
  const isWhole = planned?.unsupported.length === 0;
  const tiedSites = refusals.attempt(() => (isWhole ? planTiedSites(tying, config, { sites, entries }) : []), []);
  return { matches, config, adapted, entries, tiedSites, warnings };
}

function matchSites(model: AdaptableModel, tying: Tying): MatchPlan {
  const sites = model.sites();
  const isTied = ({ path }: Site) => tying.kind === "targets" && tying.followers.includes(path);
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

/** Targets that match nothing beside others that do: a warning, unless there is an error that it belongs to. */
function unmatchedBeside(matches: MatchPlan | null): readonly NothingMatchedError[] {
  if (!matches?.unmatchedTargets.length) return [];
  const messages = matches.warnings
    .filter(({ code }) => code === "TARGET_MATCHED_NOTHING")
    .map(({ message }) => message);
  return [new NothingMatchedError(matches.unmatchedTargets, matches.suggestions, messages.slice(0, 20).join("\n"))];
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
