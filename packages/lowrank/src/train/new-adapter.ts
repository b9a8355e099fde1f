// A new adapter: planned as data, then created, from the run's rows if the initialization needs them.

import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { initOf, invalidAdapterConfigError, isSavedModule } from "@lowrank/adapter-format/internal";
import type { Site } from "@lowrank/contracts";
import { imageReaderOf } from "@lowrank/contracts/families/checkpoint";
import { architectureOf } from "@lowrank/contracts/families/internal";
import {
  type AdapterHandle,
  type InjectionPlan,
  type InjectOptions,
  injectAdapter,
  partsOf,
  planInjection,
} from "@lowrank/inject";
import { shareRanks } from "@lowrank/inject/internal";
import type { PretrainedModel } from "@lowrank/models";
import { omitUndefined } from "../omit-undefined.ts";
import { lastPart } from "../open/hub-name.ts";
import type { ModelSource } from "../open/model-source.ts";
import { typeOfTask } from "../open/task-types.ts";
import { type InitRows, measureInit } from "./measure-init.ts";
import { adapterDefaults } from "./run-defaults.ts";

/** The configuration of an adapter on this model: the given fields, and those that the model decides. */
export function configFor(
  model: PretrainedModel,
  fields: Partial<LoraConfig>,
  base: Pick<ModelSource, "name" | "revision" | "basePath">,
): LoraConfig {
  refuseAlpha(fields);
  // PEFT's sequence-to-sequence class would pass text ids to a speech model.
  const taskType = model.config.melBins > 0 ? null : typeOfTask(model.task);
  return createLoraConfig({
    ...adapterDefaults(fields),
    ...languageLayers(model, fields),
    ...omitUndefined(fields),
    ...initSettings(fields),
    ...savedClassifier(model, fields),
    inferenceMode: false,
    taskType,
    autoMapping: fields.autoMapping ?? (taskType === null ? classOf(model) : null),
    baseModel: fields.baseModel ?? publicName(base),
    revision: fields.revision ?? base.revision ?? null,
    fanInFanOut: model.sites().some((site) => site.fanInFanOut),
  });
}

/** By default a model that reads images is adapted as a language model; its tower and connector with "all-linear", as in PEFT. */
function languageLayers({ config }: Pick<PretrainedModel, "config">, fields: Partial<LoraConfig>): Partial<LoraConfig> {
  if (imageReaderOf(config) === undefined || adapterDefaults(fields).targetModules === undefined) return {};
  const { basePrefix, linears } = config.family;
  const names = new Set(linears.map(({ path }) => lastName(path)));
  return { targetModules: `${basePrefix.replaceAll(".", "\\.")}\\..*\\.(${[...names].join("|")})` };
}

/** A PEFT file may have any alpha; a new adapter would train with the wrong sign, or not at all with 0. */
function refuseAlpha({ alpha = 1, alphaPattern }: Partial<LoraConfig>): void {
  const all = [alpha, ...(alphaPattern instanceof Map ? alphaPattern.values() : Object.values(alphaPattern ?? {}))];
  const wrong = all.find((each) => typeof each === "number" && each <= 0);
  if (wrong === undefined) return;
  const key = wrong === alpha ? "alpha" : "alphaPattern";
  throw invalidAdapterConfigError("The LoRA options", [{ key, got: String(wrong), expected: "a number above 0" }]);
}

/**
 * The base's name on the Hub, or "./" and the name of its folder. Adapters are published, and a local path means nothing on another
 * machine. Without "./", PEFT would load a repository of the Hub with the folder's name.
 */
function publicName({ name, basePath }: Pick<ModelSource, "name" | "basePath">): string {
  if (basePath === undefined) return name;
  // A folder of the Hub's cache is named after its commit, and the cache after the repository.
  const [, owner, repository] = /models--([\w.-]+?)--([\w.-]+)[\\/]snapshots[\\/][^\\/]+$/.exec(basePath) ?? [];
  return owner === undefined ? `./${lastPart(basePath)}` : `${owner}/${repository}`;
}

/** The field that PEFT writes if no task type names the class: AutoPeftModel and the model card load the base with it. */
function classOf({ modelType, task }: PretrainedModel): LoraConfig["autoMapping"] {
  return { base_model_class: architectureOf(modelType, task), parent_library: "transformers" };
}

/** PEFT saves the classifier for its task types, but has no task type for images: its example names the module. */
function savedClassifier(
  model: Pick<PretrainedModel, "task" | "sites">,
  { modulesToSave }: Partial<LoraConfig>,
): Partial<LoraConfig> {
  if (model.task !== "image-classification" || (modulesToSave ?? null) !== null) return {};
  const heads = model.sites().filter(({ role }) => role === "output-head");
  return { modulesToSave: heads.map(({ path }) => path) };
}

/** An initialization that needs settings gets PEFT's defaults. */
function initSettings({ init = true, ...fields }: Partial<LoraConfig>): Partial<LoraConfig> {
  const { settings } = initOf({ init });
  if (settings === undefined || Object.keys(fields[settings.field] ?? {}).length > 0) return {};
  return { [settings.field]: settings.defaults };
}

/** The plan of the adapter, including the trained rows of added tokens. Throws the errors of `planInjection`. */
export function planNewAdapter(
  model: PretrainedModel,
  config: LoraConfig,
  tokenIds: readonly number[] = [],
): InjectionPlan {
  return planInjection(model, tokenIds.length === 0 ? config : trainingTokens(model, config, tokenIds));
}

export interface NewAdapter {
  readonly seed: number;
  /** Default "default". */
  readonly name?: string | undefined;
}

/** Attaches the adapter of a plan whose initialization needs no data. */
export function makeAdapter(model: PretrainedModel, plan: InjectionPlan, newAdapter: NewAdapter): AdapterHandle {
  return injectAdapter(model, plan, optionsOf(model, newAdapter));
}

/** Attaches the adapter of any plan. EVA may distribute ranks by its measurements, so the plan may change. */
export async function makeFromRows(
  model: PretrainedModel,
  plan: InjectionPlan,
  { start, ...made }: NewAdapter & { readonly start: InitRows },
): Promise<AdapterHandle> {
  const measured = await measureInit(model, plan, start);
  if (measured === undefined) return makeAdapter(model, plan, made);
  const final = initOf(plan.config).sharesRanks === true ? planInjection(model, shareRanks(plan, measured)) : plan;
  return injectAdapter(model, final, { ...optionsOf(model, made), measured });
}

function optionsOf({ fingerprint: baseFingerprint }: PretrainedModel, { seed, name }: NewAdapter): InjectOptions {
  return { ...omitUndefined({ name }), seed, baseFingerprint };
}

// Tables that train the rows of added tokens: all with one row per token, unless the options adapt or save them entirely.

/** The configuration with PEFT's `trainable_token_indices` for these tokens. */
export function trainingTokens(model: PretrainedModel, config: LoraConfig, ids: readonly number[]): LoraConfig {
  const adapted = new Set(partsOf(planInjection(model, config), "site").map(({ path }) => path));
  const isLeft = ({ path }: Site) => !adapted.has(path) && !isSavedModule(config, path);
  const { input, head } = tablesOf(model);
  const tables = [input, head].filter((table) => table !== undefined).filter(isLeft);
  if (tables.length === 0) return config;
  // PEFT's list means the input embedding, and a head that shares its table.
  if (tables.every((table) => table === input)) return { ...config, trainableTokenIndices: ids };
  return { ...config, trainableTokenIndices: new Map(tables.map(({ path }) => [lastName(path), ids])) };
}

/** The input embedding and, if it has its own table, the head; else the head would know new tokens only by their initial values. */
function tablesOf(model: PretrainedModel): { readonly input: Site | undefined; readonly head: Site | undefined } {
  const sites = model.sites();
  const input = sites.find(({ role }) => role === "input-embedding");
  const head = sites.find(({ role, outFeatures }) => {
    return role === "output-head" && outFeatures === model.config.vocabularySize;
  });
  const isTied = head !== undefined && (head.tiedWith === input?.path || input?.tiedWith === head.path);
  return { input, head: isTied ? undefined : head };
}

/** PEFT matches modules by the end of their names. */
function lastName(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
