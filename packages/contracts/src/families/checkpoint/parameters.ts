// All weights that a model's file should have, with their shapes. Checkpoints are checked against this list.

import type { ModelConfig } from "../family.ts";
import type { Task } from "../task.ts";
import { type Module, modulesOf } from "./modules.ts";

/** One weight of a model. */
export interface Parameter {
  /** transformers' parameter path: "transformer.h.0.attn.c_attn.weight". */
  readonly path: string;
  /** The path after head and embedding are untied, if it differs (BERT's output bias). */
  readonly pathIfUntied?: string;
  /** Path of the module that uses it. */
  readonly module: string;
  /** Shape as the file stores it. */
  readonly shape: readonly number[];
  /** True for a linear weight stored [out, in]. */
  readonly transposedInFile: boolean;
  /** For a tied head: path of the parameter with the values. A copy of its own in a file is not used. */
  readonly tiedWith: string | null;
  /** Whether a checkpoint may lack it; it is then newly initialized. */
  readonly newIfMissing: boolean;
  /** True for buffers and unused weights, which a merge never changes; 0 if a file lacks it. */
  readonly isBuffer: boolean;
}

/**
 * All parameters of a model, in the order of its modules.
 *
 * @example
 * ```ts
 * import { checkConfig } from "@lowrank/contracts/families";
 * import { parametersOf } from "@lowrank/contracts/families/checkpoint";
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

type WeightModule = Exclude<Module, { type: "tensor" }>;

function parametersOfModule(module: Module): readonly Parameter[] {
  if (module.type === "tensor") return [parameterOfTensor(module)];
  const weight: Parameter = {
    path: `${module.path}.weight`,
    module: module.path,
    shape: weightShape(module),
    transposedInFile: module.type === "linear" && module.row.layout === "out-in",
    tiedWith: borrowedFrom(module),
    newIfMissing: module.row.newIfMissing ?? false,
    isBuffer: false,
  };
  const bias = biasOf(module);
  return bias ? [weight, { ...weight, ...bias, transposedInFile: false, tiedWith: null }] : [weight];
}

function parameterOfTensor({ path, shape, row }: Extract<Module, { type: "tensor" }>): Parameter {
  const isBuffer = row.kind !== "parameter";
  return {
    path,
    module: path.slice(0, Math.max(0, path.lastIndexOf("."))),
    shape,
    transposedInFile: false,
    tiedWith: null,
    newIfMissing: isBuffer || (row.newIfMissing ?? false),
    isBuffer,
  };
}

/** For a shared weight of a head or a second embedding: the parameter that it is shared with. */
function borrowedFrom(module: WeightModule): string | null {
  const isBorrower = module.type === "linear" || (module.type === "embedding" && module.row.sharedWith !== undefined);
  return isBorrower && module.tiedWith !== null ? `${module.tiedWith}.weight` : null;
}

function weightShape(module: WeightModule): readonly number[] {
  if (module.type === "norm") return [module.size];
  if (module.type === "embedding") return [module.rows, module.columns];
  const { inFeatures, outFeatures } = module;
  return module.row.layout === "in-out" ? [inFeatures, outFeatures] : [outFeatures, inFeatures];
}

function biasOf(module: WeightModule): Pick<Parameter, "path" | "shape" | "pathIfUntied"> | null {
  if (module.type === "norm") return module.bias ? { path: `${module.path}.bias`, shape: [module.size] } : null;
  if (module.type === "embedding" || !module.row.bias) return null;
  const bias = { path: `${module.path}.bias`, shape: [module.outFeatures] };
  const { biasPath } = module.row;
  return biasPath === undefined ? bias : { ...bias, path: biasPath, pathIfUntied: bias.path };
}
