// Selects the model's weights that are trained in full: modules to save, and biases.

import type { LoraConfig } from "@lowrank/adapter-format";
import { buildTensorKey, isSavedModule } from "@lowrank/adapter-format/internal";
import type { AdaptableModel } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { SavedModuleNotFoundError } from "../errors/errors.ts";
import { nearestNames } from "../errors/nearest-names.ts";
import type { PlannedParameter } from "../planned/planned-parts.ts";
import { moduleOf } from "./plan-raw-parameters.ts";

/** Heads that PEFT saves for a task, even if the model has none of them (peft_model.py, PeftModelFor…). */
const impliedModules: ReadonlySet<string> = new Set(["classifier", "score", "qa_outputs"]);

/** PEFT's wrappers of modules by path. In files they are a part of the biases' names. */
export interface Wrappers {
  /** Number of wrappers of each adapted module: one for a layer, one for each raw parameter. */
  readonly loraModules: ReadonlyMap<string, number>;
  /** Embeddings with trained rows, and the heads that follow them. */
  readonly rows: ReadonlySet<string>;
}

/** All weights to train in full, in the model's order. */
export function planSavedParameters(
  model: AdaptableModel,
  config: LoraConfig,
  wrappers: Wrappers,
): readonly PlannedParameter[] {
  const users = new Map(model.sites().map(({ path, biasPath }) => [biasPath, path]));
  return model.parameters().flatMap((parameter) => {
    const module = moduleOf(parameter.path);
    // A bias of two modules (BERT's "cls.predictions" and "cls.predictions.decoder").
    const user = users.get(parameter.path);
    if (isSavedModule(config, module)) {
      const planned = plannedParameter(parameter, parameter.path, "saved-module");
      return [user === undefined ? planned : { ...planned, copyKeys: [`${user}.bias`] }];
    }
    // PEFT's saved copy of the module has it under its own name.
    if (user !== undefined && isSavedModule(config, user)) {
      const planned = plannedParameter(parameter, `${user}.bias`, "saved-module");
      // The original is trained by `bias: "all"` too, but only the copy is used.
      return [config.bias === "all" ? { ...planned, idleKey: parameter.path } : planned];
    }
    return planBias(parameter, { config, wrappers, user });
  });
}

interface BiasOptions {
  readonly config: LoraConfig;
  readonly wrappers: Wrappers;
  /** Path of the layer that adds the bias, if the bias has another module's name. */
  readonly user: string | undefined;
}

function planBias(parameter: ParameterRef, { config, wrappers, user }: BiasOptions): readonly PlannedParameter[] {
  const { path } = parameter;
  // By name, as in PEFT: T5's relative position embedding has "bias" in its name but is no bias.
  if (!/(^|\.)bias$/.test(path) || config.bias === "none") return [];
  const key = biasKey(moduleOf(path), wrappers);
  const copyKeys = user === undefined ? [] : [biasKey(user, wrappers)];
  if (config.bias === "all") {
    const planned = plannedParameter(parameter, key, "bias");
    return [copyKeys.length === 0 ? planned : { ...planned, copyKeys }];
  }
  const isAdapted = (module: string) => wrappers.loraModules.has(module);
  if (isAdapted(moduleOf(path))) return [plannedParameter(parameter, key, "bias")];
  // PEFT searches for biases of adapted layers by the layers' names.
  return user !== undefined && isAdapted(user) ? [plannedParameter(parameter, biasKey(user, wrappers), "bias")] : [];
}

/** In a file, the bias of an adapted module is under the wrapped module. */
function biasKey(module: string, { loraModules, rows }: Wrappers): string {
  const path = `${module}${".base_layer".repeat(loraModules.get(module) ?? 0)}`;
  return rows.has(module) ? buildTensorKey({ path, part: "token_base_layer", parameter: "bias" }) : `${path}.bias`;
}

/**
 * Throws if a name in `modulesToSave` matches no module. Names that a task implies may match none.
 *
 * @throws SavedModuleNotFoundError
 */
export function checkSavedModules(model: AdaptableModel, config: LoraConfig): void {
  const modules = [...new Set(model.parameters().flatMap(({ path }) => modulesAbove(path)))];
  const names = (config.modulesToSave ?? []).filter((name) => config.taskType === null || !impliedModules.has(name));
  const unknown = names.filter((name) => !modules.some((module) => module.endsWith(name)));
  if (unknown.length === 0) return;
  const suggestions = [...new Set(unknown.flatMap((name) => nearestNames(name, modules)))];
  throw new SavedModuleNotFoundError(unknown, suggestions);
}

export function plannedParameter(
  parameter: ParameterRef,
  key: string,
  reason: PlannedParameter["reason"],
): PlannedParameter {
  const { path, shape, transposedInFile } = parameter;
  const fileShape = transposedInFile ? [...shape].reverse() : shape;
  const parameters = shape.reduce((product, size) => product * size, 1);
  return { part: "whole-parameter", path, key, shape, fileShape, parameters, reason };
}

function modulesAbove(parameterPath: string): readonly string[] {
  const parts = moduleOf(parameterPath).split(".");
  return parts.map((_, last) => parts.slice(0, last + 1).join("."));
}
