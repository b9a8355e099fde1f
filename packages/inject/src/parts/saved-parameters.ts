// Which of the model's own weights train beside the pairs: modules to save, and biases.

import { buildTensorKey, isSavedModule, type LoraConfig } from "@lowrank/adapter-format";
import type { AdaptableModel, ParameterRef } from "@lowrank/contracts";
import { SavedModuleNotFoundError } from "../errors/errors.ts";
import { nearestNames } from "../errors/nearest-names.ts";
import type { PlannedParameter } from "../planned/planned-parts.ts";
import { moduleOf } from "./plan-raw-parameters.ts";

/** Heads that PEFT saves for a task whether the model has them or not (peft_model.py, PeftModelFor…). */
const impliedModules: ReadonlySet<string> = new Set(["classifier", "score", "qa_outputs"]);

/** What PEFT wraps modules in, by their paths; in files it stands before the names of their biases. */
export interface Wrappers {
  /** How many there are around each module that gets pairs: one for a layer, one for each raw parameter. */
  readonly pairs: ReadonlyMap<string, number>;
  /** Tables of which some rows are trained, and the heads that follow them. */
  readonly rows: ReadonlySet<string>;
}

/** Every weight to train whole, in the model's order. */
export function planSavedParameters(
  model: AdaptableModel,
  config: LoraConfig,
  wrappers: Wrappers,
): readonly PlannedParameter[] {
  const users = new Map(model.sites().map(({ path, biasPath }) => [biasPath, path]));
  return model.parameters().flatMap((parameter) => {
    const module = moduleOf(parameter.path);
    // A bias that two modules name (BERT's "cls.predictions" and "cls.predictions.decoder").
    const user = users.get(parameter.path);
    if (isSavedModule(config, module)) {
      const planned = plannedParameter(parameter, parameter.path, "saved-module");
      return [user === undefined ? planned : { ...planned, copies: [`${user}.bias`] }];
    }
    // The copy of the module that PEFT saves holds it under its own name.
    if (user !== undefined && isSavedModule(config, user)) {
      const planned = plannedParameter(parameter, `${user}.bias`, "saved-module");
      // The module's own is trained by `bias: "all"`, too, but only the copy's acts.
      return [config.bias === "all" ? { ...planned, idleKey: parameter.path } : planned];
    }
    return planBias(parameter, { config, wrappers, user });
  });
}

interface BiasOptions {
  readonly config: LoraConfig;
  readonly wrappers: Wrappers;
  /** Path of the layer that adds the bias, where it has the name of another module. */
  readonly user: string | undefined;
}

function planBias(parameter: ParameterRef, { config, wrappers, user }: BiasOptions): readonly PlannedParameter[] {
  const { path } = parameter;
  // As PEFT, by the name: a table of relative positions that is called so (T5) is no bias.
  if (!/(^|\.)bias$/.test(path) || config.bias === "none") return [];
  const own = biasKey(moduleOf(path), wrappers);
  const other = user === undefined ? [] : [biasKey(user, wrappers)];
  if (config.bias === "all") {
    const planned = plannedParameter(parameter, own, "bias");
    return [other.length === 0 ? planned : { ...planned, copies: other }];
  }
  const isAdapted = (module: string) => wrappers.pairs.has(module);
  if (isAdapted(moduleOf(path))) return [plannedParameter(parameter, own, "bias")];
  // PEFT looks for biases of adapted layers by the layers' names.
  return user !== undefined && isAdapted(user) ? [plannedParameter(parameter, biasKey(user, wrappers), "bias")] : [];
}

/** In the file, the bias of an adapted module stands under the module that PEFT wrapped. */
function biasKey(module: string, { pairs, rows }: Wrappers): string {
  const path = `${module}${".base_layer".repeat(pairs.get(module) ?? 0)}`;
  return rows.has(module) ? buildTensorKey({ path, part: "token_base_layer", parameter: "bias" }) : `${path}.bias`;
}

/**
 * Throws if a name in `modulesToSave` means no module. Names that a task adds by itself may.
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
