// Every weight that a model's file should hold, with its shape: what a checkpoint is checked against.

import type { ModelConfig } from "./model-config.ts";
import { type Module, modulesOf } from "./modules.ts";
import type { Task } from "./task.ts";

/** One weight of a model. */
export interface Parameter {
  /** transformers' parameter path: "transformer.h.0.attn.c_attn.weight". */
  readonly path: string;
  /** Path of the module that uses it. */
  readonly module: string;
  /** Shape as the file stores it. */
  readonly shape: readonly number[];
  /** True for a linear weight stored [out, in]. */
  readonly transposedInFile: boolean;
  /** Path of the parameter that holds the values, for a tied head; its own copy in a file, if any, is not used. */
  readonly tiedWith: string | null;
  /** True where a checkpoint may lack it and it is then made new. */
  readonly newIfMissing: boolean;
}

/**
 * Every parameter of a model, in the order of its modules.
 *
 * @example
 * ```ts
 * import { checkConfig, parametersOf } from "@lowrank/families";
 *
 * const config = checkConfig({
 *   model_type: "gpt2", vocab_size: 100, n_embd: 32, n_layer: 1, n_head: 4, n_positions: 32,
 * });
 * const [first] = parametersOf(config, "causal-lm");
 * if (first?.path !== "transformer.wte.weight" || String(first.shape) !== "100,32") throw new Error("unexpected");
 * ```
 */
export function parametersOf(config: ModelConfig, task: Task): readonly Parameter[] {
  return modulesOf(config, task).flatMap(parametersOfModule);
}

function parametersOfModule(module: Module): readonly Parameter[] {
  const weight: Parameter = {
    path: `${module.path}.weight`,
    module: module.path,
    shape: weightShape(module),
    transposedInFile: module.type === "linear" && module.row.layout === "out-in",
    tiedWith: module.type === "linear" && module.tiedWith !== null ? `${module.tiedWith}.weight` : null,
    newIfMissing: module.row.newIfMissing ?? false,
  };
  const bias = biasOf(module);
  return bias ? [weight, { ...weight, ...bias, transposedInFile: false, tiedWith: null }] : [weight];
}

function weightShape(module: Module): readonly number[] {
  if (module.type === "norm") return [module.size];
  if (module.type === "embedding") return [module.rows, module.columns];
  const { inFeatures, outFeatures } = module;
  return module.row.layout === "in-out" ? [inFeatures, outFeatures] : [outFeatures, inFeatures];
}

function biasOf(module: Module): Pick<Parameter, "path" | "shape"> | null {
  if (module.type === "norm")
    return module.row.kind === "layer" ? { path: `${module.path}.bias`, shape: [module.size] } : null;
  if (module.type === "embedding" || !module.row.bias) return null;
  return { path: module.row.biasPath ?? `${module.path}.bias`, shape: [module.outFeatures] };
}
