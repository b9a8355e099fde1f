// Which of the model's own weights train beside the pairs: modules to save, and biases.

import { isSavedModule, type LoraConfig } from "@lowrank/adapter-format";
import type { AdaptableModel, ParameterRef } from "@lowrank/contracts";
import { SavedModuleNotFoundError } from "./errors.ts";
import type { PlannedParameter } from "./injection-plan.ts";
import { nearestNames } from "./nearest-names.ts";

/** Heads that PEFT saves for a task whether the model has them or not (peft_model.py, PeftModelFor…). */
const impliedModules: ReadonlySet<string> = new Set(["classifier", "score", "qa_outputs"]);

/** Every weight to train whole, in the model's order. `adapted`: the paths that get a pair. */
export function planSavedParameters(
  model: AdaptableModel,
  config: LoraConfig,
  adapted: ReadonlySet<string>,
): readonly PlannedParameter[] {
  const users = new Map(model.sites().map(({ path, biasPath }) => [biasPath, path]));
  return model.parameters().flatMap((parameter) => {
    const module = moduleOf(parameter.path);
    if (isSavedModule(config, module)) return [plannedParameter(parameter, parameter.path, "saved-module")];
    // A bias that two modules name: the copy of the one that PEFT saves holds it under its own name.
    const user = users.get(parameter.path);
    if (user !== undefined && isSavedModule(config, user))
      return [plannedParameter(parameter, `${user}.bias`, "saved-module")];
    if (!trainsBias(config, parameter.path, adapted)) return [];
    // In the file, the bias of an adapted layer stands under the layer that PEFT wrapped.
    const key = adapted.has(module) ? `${module}.base_layer.bias` : parameter.path;
    return [plannedParameter(parameter, key, "bias")];
  });
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

function trainsBias({ bias }: LoraConfig, path: string, adapted: ReadonlySet<string>): boolean {
  // As PEFT, by the name: a table of relative positions that is called so (T5) is no bias.
  if (!/(^|\.)bias$/.test(path)) return false;
  return bias === "all" || (bias === "lora_only" && adapted.has(moduleOf(path)));
}

/** The plan of one weight, under a name in files. */
export function plannedParameter(
  parameter: ParameterRef,
  key: string,
  reason: PlannedParameter["reason"],
): PlannedParameter {
  const { path, shape, transposedInFile } = parameter;
  const fileShape = transposedInFile ? [...shape].reverse() : shape;
  return { path, key, shape, fileShape, parameters: shape.reduce((product, size) => product * size, 1), reason };
}

function moduleOf(parameterPath: string): string {
  return parameterPath.slice(0, Math.max(0, parameterPath.lastIndexOf(".")));
}

function modulesAbove(parameterPath: string): readonly string[] {
  const parts = moduleOf(parameterPath).split(".");
  return parts.map((_, last) => parts.slice(0, last + 1).join("."));
}
