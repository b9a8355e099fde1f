// Finds the modules of one component of a diffusion pipeline in a model that is this component. Kohya's sd-scripts
// write "lora_te1_text_model_encoder_layers_0_mlp_fc1", diffusers "text_encoder.text_model.encoder.layers.0.mlp.fc1".
// An underscore may stand for a dot, so the model's own paths decide. Weights for other components are left out.

import type { LowrankError, WarningListener } from "@lowrank/contracts";
import { enumerated } from "@lowrank/contracts/internal";
import { invalidAdapterTensorsError } from "../errors.ts";
import type { Adapter, LoraConfig } from "../lora-config.ts";
import { loraMatricesIn } from "../lora-matrices-in.ts";
import { buildTensorKey, parseTensorKey } from "../tensor-keys.ts";

/** The component's name, and the rest of the path. */
const componentPattern = /^(lora_(?:unet|te\d?|transformer|prior)|unet|transformer|text_encoder(?:_\d)?)[._](.+)$/;

/** The component at the start of a module's name; undefined for a path without one. */
export function componentOf(path: string): { readonly component: string; readonly rest: string } | undefined {
  const [, component, rest] = componentPattern.exec(path) ?? [];
  return component === undefined || rest === undefined ? undefined : { component, rest };
}

/**
 * Keeps the LoRA matrices of the component that the model is, and renames them to the model's paths. Returns the adapter unchanged
 * if its names have no component, or if none of them is in the model.
 *
 * @throws INVALID_ADAPTER_TENSORS if two components fit the model equally well.
 */
export function withComponentPaths(
  adapter: Adapter,
  modules: readonly string[],
  onWarning: WarningListener | undefined,
): Adapter {
  const paths = new Set(loraMatricesIn(adapter.tensors).map(({ path }) => path));
  const modelPaths = new Set(modules);
  const parts = [...paths].flatMap((path) => (modelPaths.has(path) ? [] : [{ path, ...componentOf(path) }]));
  if (parts.length === 0 || parts.some(({ component }) => component === undefined)) return adapter;
  const find = finderOf(modules);
  const newPaths = new Map<string, Map<string, string>>();
  for (const { path, component = "", rest = "" } of parts) {
    // Text encoders are the only components that can be run here. "transformer" is also the start of GPT-2's own paths.
    const found = /^(lora_te\d?|text_encoder(_\d)?)$/.test(component) ? find(rest) : undefined;
    const ofComponent = newPaths.get(component) ?? new Map<string, string>();
    if (found !== undefined) newPaths.set(component, ofComponent.set(path, found));
  }
  const [best, second] = [...newPaths].sort(([, one], [, other]) => other.size - one.size);
  if (best === undefined) return adapter;
  if (second !== undefined && second[1].size === best[1].size) throw ambiguous([best[0], second[0]]);
  const kept = new Map([
    ...best[1],
    ...[...paths].flatMap((path) => (modelPaths.has(path) ? [[path, path] as const] : [])),
  ]);
  const left = paths.size - kept.size;
  if (left > 0) {
    const others = new Set(parts.map(({ component = "" }) => component));
    onWarning?.({
      code: "OTHER_COMPONENTS",
      message: `The adapter has weights for ${paths.size} modules, of ${enumerated([...others])}. The model has ${kept.size} of them, of ${best[0]}; the other ${left} are left out.`,
    });
  }
  return withPaths(adapter, kept);
}

/** Finds the module whose path, with underscores for dots, equals the given one, or differs only by a prefix of either. */
function finderOf(modules: readonly string[]): (rest: string) => string | undefined {
  const flat = modules.map((path) => [path.replaceAll(".", "_"), path] as const);
  const exact = new Map(flat);
  return (rest) => {
    const flatName = rest.replaceAll(".", "_");
    const exactPath = exact.get(flatName);
    if (exactPath !== undefined) return exactPath;
    const near = flat.filter(([name]) => name.endsWith(`_${flatName}`) || flatName.endsWith(`_${name}`));
    return near.length === 1 ? near[0]?.[1] : undefined;
  };
}

function ambiguous(components: readonly string[]): LowrankError {
  const problem = `${components.join(" and ")} both fit the model; keep the tensors of one of them`;
  return invalidAdapterTensorsError("the adapter", [{ key: "lora_A and lora_B", problem }]);
}

function withPaths(adapter: Adapter, newPaths: ReadonlyMap<string, string>): Adapter {
  const tensors = [...adapter.tensors].flatMap(([key, tensor]) => {
    const parsed = parseTensorKey(key);
    const path = parsed === null ? undefined : newPaths.get(parsed.path);
    return parsed === null || path === undefined ? [] : [[buildTensorKey({ ...parsed, path }), tensor] as const];
  });
  return {
    ...adapter,
    tensors: new Map(tensors),
    config: {
      ...adapter.config,
      targetModules: [...new Set(newPaths.values())],
      rankPattern: renamedPatterns(adapter.config.rankPattern, newPaths),
      alphaPattern: renamedPatterns(adapter.config.alphaPattern, newPaths),
    },
  };
}

/** Renames the patterns. In these adapters each pattern is a full path. */
function renamedPatterns(
  patterns: LoraConfig["rankPattern"],
  newPaths: ReadonlyMap<string, string>,
): ReadonlyMap<string, number> {
  return new Map(
    [...patterns].flatMap(([path, value]) => {
      const newPath = newPaths.get(path);
      return newPath === undefined ? [] : [[newPath, value] as const];
    }),
  );
}
