// From a plan to an attached adapter: makes every variable, then opens every door. All of it, or nothing.

import type { AdaptableModel, ParameterRef, Site } from "@lowrank/contracts";
import { LoraAdaptation, tiedHead } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import { adaptParameter } from "../adapted/adapted-parameter.ts";
import { adaptSite, type SiteVariables } from "../adapted/adapted-site.ts";
import { overrideParameter } from "../adapted/overridden-parameter.ts";
import { tieSite } from "../adapted/tied-site.ts";
import { trainRows } from "../adapted/trained-rows.ts";
import { StalePlanError } from "../errors/errors.ts";
import type { ValueSource } from "../parts/value-source.ts";
import type {
  InjectionPlan,
  PlannedParameter,
  PlannedRawParameter,
  PlannedSite,
  PlannedTiedSite,
  PlannedTokenRows,
} from "../planned/injection-plan.ts";
import { invocationOf } from "../variants/activated-lora/activated-lora.ts";
import { type AdapterContents, AdapterHandle, disposeContents } from "./adapter-handle.ts";

/** How a handle is made. */
export interface BuildOptions {
  readonly name: string;
  readonly plan: InjectionPlan;
  readonly values: ValueSource;
  readonly trainable: boolean;
  readonly baseFingerprint?: string;
  /** Whether the adapter begins here, rather than in a file. */
  readonly isNew?: boolean;
}

/**
 * Makes the variables and attaches them. If anything fails, everything made is freed and the model is as it was.
 *
 * @throws StalePlanError, and what attaching throws
 */
export function buildHandle(model: AdaptableModel, options: BuildOptions): AdapterHandle {
  const contents = buildContents(model, options);
  try {
    const handle = new AdapterHandle(model, options.name, contents);
    handle.attach();
    return handle;
  } catch (error) {
    disposeContents(contents);
    throw error;
  }
}

/**
 * Makes the variables alone. If anything fails, everything made is freed.
 *
 * @throws StalePlanError
 */
export function buildContents(model: AdaptableModel, options: BuildOptions): AdapterContents {
  const { plan, baseFingerprint, isNew = false } = options;
  const doors = new Doors(model, plan);
  const contents = { sites: [], tiedSites: [], parameters: [], rawParameters: [], tokenRows: [] } as {
    -readonly [Kind in keyof Omit<
      AdapterContents,
      "plan" | "baseFingerprint" | "isNew"
    >]: AdapterContents[Kind][number][];
  };
  const base = baseFingerprint === undefined ? {} : { baseFingerprint };
  const made: AdapterContents = { plan, ...contents, ...base, isNew };
  try {
    const maker = new PartMaker(doors, options);
    for (const entry of plan.entries) contents.sites.push(maker.site(entry));
    for (const planned of plan.tiedSites) contents.tiedSites.push(maker.tiedSite(planned, contents.sites));
    for (const planned of plan.savedParameters) contents.parameters.push(maker.parameter(planned));
    for (const planned of plan.rawParameters) contents.rawParameters.push(maker.rawParameter(planned));
    for (const planned of plan.tokenRows) contents.tokenRows.push(maker.tokenRows(planned));
    return made;
  } catch (error) {
    disposeContents(made);
    throw error;
  }
}

class PartMaker {
  readonly #prefix: string;

  constructor(
    readonly doors: Doors,
    readonly options: BuildOptions,
  ) {
    this.#prefix = unusedPrefix(options.name);
  }

  site(entry: PlannedSite): AdapterContents["sites"][number] {
    const { values, name, plan } = this.options;
    const site = this.doors.site(entry.path);
    const pair = values.pair(entry, `${this.#prefix}${entry.path}`, site);
    let variables: SiteVariables = { pair };
    try {
      const { magnitude, bias } = entry.keys;
      if (magnitude !== undefined) {
        const plain = new LoraAdaptation({ pair, site, scale: entry.scaling, adapterName: name });
        variables = {
          ...variables,
          magnitude: this.#variable(
            magnitude,
            values.magnitude(
              entry,
              () => (pair.beside?.kind === "stand-in" ? pair.beside.weight : site.readWeight()),
              plain,
            ),
          ),
        };
      }
      if (bias !== undefined) variables = { ...variables, bias: this.#variable(bias, values.bias(entry)) };
    } catch (error) {
      pair.dispose();
      variables.magnitude?.dispose();
      throw error;
    }
    const [siteBias, siteWeight] = ["bias", "weight"].map((one) => this.doors.findParameter(`${entry.path}.${one}`));
    const { config } = plan;
    const common = { adapterName: name, dropout: config.dropout, invocation: invocationOf(config) };
    return adaptSite(entry, site, variables, { ...common, siteBias, siteWeight });
  }

  /** `made`: the sites so far, among them the embedding whose pair is shared. */
  tiedSite(planned: PlannedTiedSite, made: AdapterContents["sites"]): AdapterContents["tiedSites"][number] {
    const { values, name, plan } = this.options;
    const site = this.doors.site(planned.path);
    const { pair } = made.find((one) => one.site.path === planned.pairOf)!;
    const { magnitude: key } = planned.keys;
    const plain = new LoraAdaptation({ pair, branch: tiedHead, scale: planned.scaling });
    const magnitude =
      key === undefined
        ? undefined
        : this.#variable(
            key,
            values.magnitude(planned, () => site.readWeight(), plain),
          );
    const variables = magnitude === undefined ? { pair } : { pair, magnitude };
    return tieSite(planned, site, variables, { adapterName: name, dropout: plan.config.dropout });
  }

  parameter(planned: PlannedParameter): AdapterContents["parameters"][number] {
    const parameter = this.doors.parameter(planned.path);
    const value = this.options.values.parameter(planned, parameter);
    const variable = this.#variable(planned.key, value, planned.reason !== "base-layer");
    const followers = (planned.followers ?? []).map(({ path, ...named }) => ({
      ...named,
      parameter: this.doors.parameter(path),
    }));
    return overrideParameter(planned, { parameter, followers }, variable);
  }

  rawParameter(planned: PlannedRawParameter): AdapterContents["rawParameters"][number] {
    const parameter = this.doors.parameter(planned.path);
    const pair = this.options.values.rawPair(planned, `${this.#prefix}${planned.path}`);
    return adaptParameter(planned, parameter, pair);
  }

  tokenRows(planned: PlannedTokenRows): AdapterContents["tokenRows"][number] {
    const site = this.doors.site(planned.path);
    const rows = this.#variable(planned.key, this.options.values.rows(planned, site));
    return trainRows(planned, [site, ...planned.followers.map((path) => this.doors.site(path))], rows);
  }

  /** Takes ownership of the value. */
  #variable<R extends tf.Rank>(key: string, value: tf.Tensor<R>, isTrained = true): tf.Variable<R> {
    try {
      return tf.variable(value, isTrained && this.options.trainable, `${this.#prefix}${key}`);
    } finally {
      value.dispose();
    }
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

/** The doors that a plan names, all of which must exist. */
class Doors {
  readonly #sites: ReadonlyMap<string, Site>;
  readonly #parameters: ReadonlyMap<string, ParameterRef>;

  constructor(model: AdaptableModel, plan: InjectionPlan) {
    this.#sites = new Map(model.sites().map((site) => [site.path, site]));
    this.#parameters = new Map(model.parameters().map((parameter) => [parameter.path, parameter]));
    const sites = [...plan.entries, ...plan.tiedSites, ...plan.tokenRows].map(({ path }) => path);
    const followers = plan.tokenRows.flatMap((rows) => rows.followers);
    const saved = plan.savedParameters.flatMap((planned) => [planned, ...(planned.followers ?? [])]);
    const parameters = [...saved, ...plan.rawParameters].map(({ path }) => path);
    const missing = [
      ...[...sites, ...followers].filter((path) => !this.#sites.has(path)),
      ...parameters.filter((path) => !this.#parameters.has(path)),
    ];
    if (missing.length) throw new StalePlanError(missing);
  }

  site(path: string): Site {
    return this.#sites.get(path)!;
  }

  parameter(path: string): ParameterRef {
    return this.#parameters.get(path)!;
  }

  findParameter(path: string): ParameterRef | undefined {
    return this.#parameters.get(path);
  }
}
