// From a plan to an attached adapter: makes every variable, then opens every door. All of it, or nothing.

import type { AdaptableModel, ParameterRef, Site } from "@lowrank/contracts";
import { EmbeddingLoraAdaptation, LoraAdaptation, type LoraPair } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import { type AdaptedSite, AdapterHandle, type OverriddenParameter } from "./adapter-handle.ts";
import { StalePlanError } from "./errors.ts";
import type { InjectionPlan, PlannedParameter, PlannedSite } from "./injection-plan.ts";

/** Where the first values of an adapter come from. */
interface ValueSource {
  /** `name` is unique among all variables of the program. */
  pair(entry: PlannedSite, name: string, site: Site): LoraPair;
  /** The variable's first value, as computed with; the caller takes ownership. */
  parameter(planned: PlannedParameter, parameter: ParameterRef): tf.Tensor;
}

/** How a handle is made. */
export interface BuildOptions {
  readonly name: string;
  readonly plan: InjectionPlan;
  readonly values: ValueSource;
  readonly trainable: boolean;
  readonly baseFingerprint?: string;
}

/**
 * Makes the variables and attaches them. If anything fails, everything made is freed and the model is as it was.
 *
 * @throws StalePlanError, and what attaching throws
 */
export function buildHandle(model: AdaptableModel, options: BuildOptions): AdapterHandle {
  const { name, plan, values } = options;
  const doors = findDoors(model, plan);
  const prefix = unusedPrefix(name);
  const sites: AdaptedSite[] = [];
  const parameters: OverriddenParameter[] = [];
  try {
    for (const { entry, site } of doors.sites) {
      const pair = values.pair(entry, `${prefix}${entry.path}`, site);
      sites.push(adaptSite(entry, site, pair, options));
    }
    for (const { planned, parameter } of doors.parameters) {
      const value = values.parameter(planned, parameter);
      const isTrained = planned.reason !== "base-layer";
      const variable = tf.variable(value, isTrained && options.trainable, `${prefix}${planned.key}`);
      value.dispose();
      parameters.push({ parameter, variable, key: planned.key, isTrained });
    }
    const { baseFingerprint } = options;
    const handle = new AdapterHandle(model, {
      name,
      plan,
      sites,
      parameters,
      ...(baseFingerprint === undefined ? {} : { baseFingerprint }),
    });
    handle.attach();
    return handle;
  } catch (error) {
    for (const { pair } of sites) pair.dispose();
    for (const { variable } of parameters) variable.dispose();
    throw error;
  }
}

/** tfjs keeps one register of variables by name for the whole program; two handles must not meet in it. */
function unusedPrefix(name: string): string {
  const taken = Object.keys(tf.engine().registeredVariables);
  for (let number = 1; ; number++) {
    const prefix = `${name}#${number}/`;
    if (!taken.some((other) => other.startsWith(prefix))) return prefix;
  }
}

function findDoors(model: AdaptableModel, plan: InjectionPlan) {
  const sitesByPath = new Map(model.sites().map((site) => [site.path, site]));
  const parametersByPath = new Map(model.parameters().map((parameter) => [parameter.path, parameter]));
  const missing = [
    ...plan.entries.filter(({ path }) => !sitesByPath.has(path)),
    ...plan.savedParameters.filter(({ path }) => !parametersByPath.has(path)),
  ];
  if (missing.length) throw new StalePlanError(missing.map(({ path }) => path));
  return {
    sites: plan.entries.map((entry) => ({ entry, site: sitesByPath.get(entry.path)! })),
    parameters: plan.savedParameters.map((planned) => ({ planned, parameter: parametersByPath.get(planned.path)! })),
  };
}

function adaptSite(entry: PlannedSite, site: Site, pair: LoraPair, { name, plan }: BuildOptions): AdaptedSite {
  const { scaling, keys } = entry;
  const adaptation =
    entry.kind === "embedding"
      ? new EmbeddingLoraAdaptation({ pair, scale: scaling })
      : new LoraAdaptation({ pair, scale: scaling, dropout: plan.config.dropout, adapterName: name });
  return { site, pair, keys, scaling, adaptation };
}
