// An adapter as it is read today: files of older versions, and of other trainers, name the same things otherwise.

import type { WarningListener } from "@lowrank/contracts";
import type { Adapter } from "../../lora-config.ts";
import { loraMatricesIn } from "../../lora-matrices-in.ts";
import { badPatterns } from "../../targets/bad-patterns.ts";
import { withComponentPaths } from "../component-paths.ts";
import { gatherExperts } from "./gather-experts.ts";

/** What of a model decides how an adapter's names are meant. */
export interface ModelPaths {
  /** Paths of its modules. */
  readonly modules: readonly string[];
  /** Paths of its parameters. */
  readonly parameters: readonly string[];
}

/**
 * The adapter under the names that the model has: pairs of single experts as those of the stacks that they became, a text model
 * that moved at its place, a text encoder's of a pipeline's file at the encoder, and for a pattern of targets that cannot be used here the modules that the file has pairs for.
 *
 * @throws InvalidAdapterTensorsError for experts of whose stack a part has no pair, or pairs that differ in rank or scale; where
 * two parts of a pipeline fit the model equally well.
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

/** LLaMA-Factory and ms-swift keep adapters off what sees by a lookahead, which RE2 has none of; the file says where they went. */
function withUsableTargets(adapter: Adapter, onWarning: WarningListener | undefined): Adapter {
  const { targetModules, excludeModules } = adapter.config;
  const keys = new Set(badPatterns(adapter.config).map(({ key }) => key));
  if (!keys.has("target_modules") && !keys.has("exclude_modules")) return adapter;
  const paths = [...new Set(loraMatricesIn(adapter.tensors).map(({ path }) => path))];
  const pattern = keys.has("target_modules") ? targetModules : excludeModules;
  onWarning?.({
    code: "PATTERN_REPLACED",
    message: `The pattern ${JSON.stringify(String(pattern).slice(0, 200))} cannot be used here; the ${paths.length} modules that the adapter's file has pairs for are adapted.`,
  });
  return { ...adapter, config: { ...adapter.config, targetModules: paths, excludeModules: null } };
}

// Adapters of text models inside models with images (Gemma 3), from before transformers 4.52 moved them: "language_model.model."
// became "model.language_model.", and the head came out. PEFT reads them by transformers' own renamings, conversion_mapping.py.

const moved = [
  ["language_model.model.", "model.language_model."],
  ["language_model.lm_head", "lm_head"],
] as const;

/**
 * The adapter under the names that the model's modules have now; as it is where it has no older ones.
 *
 * @param modulePaths of the model.
 */
export function withCurrentPaths(adapter: Adapter, modulePaths: readonly string[]): Adapter {
  const isOld = (path: string) => moved.some(([before]) => path.startsWith(before));
  const hasMoved = modulePaths.some((path) => path.startsWith(moved[0][1])) && !modulePaths.some(isOld);
  if (!hasMoved || ![...adapter.tensors.keys()].some(isOld)) return adapter;
  const { targetModules } = adapter.config;
  return {
    ...adapter,
    tensors: new Map([...adapter.tensors].map(([key, tensor]) => [currentPath(key), tensor])),
    // A pattern on whole paths is left: PEFT leaves it, too.
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
