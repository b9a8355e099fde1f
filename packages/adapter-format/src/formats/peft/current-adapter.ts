// Converts adapters with names of older versions or other trainers to the names of the model.

import type { WarningListener } from "@lowrank/contracts";
import type { Adapter } from "../../lora-config.ts";
import { loraMatricesIn } from "../../lora-matrices-in.ts";
import { unsupportedPatterns } from "../../targets/unsupported-patterns.ts";
import { withComponentPaths } from "../component-paths.ts";
import { gatherExperts } from "./gather-experts.ts";

/** Paths of a model, which decide how an adapter's names are read. */
export interface ModelPaths {
  /** Paths of its modules. */
  readonly modules: readonly string[];
  /** Paths of its parameters. */
  readonly parameters: readonly string[];
}

/**
 * Renames an adapter's modules to the model's paths: stacks single experts, converts older paths and names of pipeline
 * components. An unsupported target pattern is replaced by the modules that have A and B in the file.
 *
 * @throws INVALID_ADAPTER_TENSORS if only some experts of a stack have A and B, if their ranks or scales differ, or if two
 * components of a pipeline fit equally well.
 * @example
 * ```ts
 * import { createLoraConfig, currentAdapter } from "@lowrank/adapter-format";
 *
 * const tensors = new Map([["language_model.model.layers.0.q.lora_A.weight", { shape: [1, 1], values: Float32Array.of(1) }]]);
 * const old = { config: createLoraConfig({ rank: 1, targetModules: "^(?!.*vision).*q" }), tensors, metadata: new Map<string, string>() };
 * const { config } = currentAdapter(old, { modules: ["model.language_model.layers.0.q"], parameters: [] });
 * if (String(config.targetModules) !== "model.language_model.layers.0.q") throw new Error("not renamed");
 * ```
 */
export function currentAdapter(adapter: Adapter, model: ModelPaths, onWarning?: WarningListener): Adapter {
  const named = withComponentPaths(adapter, model.modules, onWarning);
  const gathered = gatherExperts(named, model.parameters, onWarning);
  return withUsableTargets(withCurrentPaths(gathered, model.modules), onWarning);
}

/** LLaMA-Factory and ms-swift exclude the vision tower by a lookahead, which RE2 lacks. The file's tensors show the adapted modules. */
function withUsableTargets(adapter: Adapter, onWarning: WarningListener | undefined): Adapter {
  const { targetModules, excludeModules } = adapter.config;
  const keys = new Set(unsupportedPatterns(adapter.config).map(({ key }) => key));
  if (!keys.has("target_modules") && !keys.has("exclude_modules")) return adapter;
  const paths = [...new Set(loraMatricesIn(adapter.tensors).map(({ path }) => path))];
  const pattern = keys.has("target_modules") ? targetModules : excludeModules;
  onWarning?.({
    code: "PATTERN_REPLACED",
    message: `The pattern ${JSON.stringify(String(pattern).slice(0, 200))} cannot be used here; the ${paths.length} modules with matrices in the adapter's file are adapted instead.`,
  });
  return { ...adapter, config: { ...adapter.config, targetModules: paths, excludeModules: null } };
}

// Adapters of text models inside multimodal ones (Gemma 3) from before transformers 4.52, which renamed "language_model.model."
// to "model.language_model." and "language_model.lm_head" to "lm_head". PEFT uses the same renamings (conversion_mapping.py).

const moved = [
  ["language_model.model.", "model.language_model."],
  ["language_model.lm_head", "lm_head"],
] as const;

/**
 * Renames older paths to those of the model. Returns the adapter unchanged if it has none.
 *
 * @param modulePaths Paths of the model's modules.
 */
export function withCurrentPaths(adapter: Adapter, modulePaths: readonly string[]): Adapter {
  const isOld = (path: string) => moved.some(([before]) => path.startsWith(before));
  const hasMoved = modulePaths.some((path) => path.startsWith(moved[0][1])) && !modulePaths.some(isOld);
  if (!hasMoved || ![...adapter.tensors.keys()].some(isOld)) return adapter;
  const { targetModules } = adapter.config;
  return {
    ...adapter,
    tensors: new Map([...adapter.tensors].map(([key, tensor]) => [currentPath(key), tensor])),
    // A pattern for full paths is not changed, as in PEFT.
    config:
      typeof targetModules === "string" || targetModules === null
        ? adapter.config
        : { ...adapter.config, targetModules: targetModules.map(currentPath) },
  };
}

function currentPath(path: string): string {
  const [before, after] = moved.find(([start]) => path.startsWith(start)) ?? ["", ""];
  return after + path.slice(before.length);
}
