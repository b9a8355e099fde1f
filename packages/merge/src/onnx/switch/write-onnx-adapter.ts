// An adapter as a file of ONNX Runtime's own, which its GenAI and its bindings for Python, C and C# load beside a session.

import type { Adapter } from "@lowrank/adapter-format";
import { checkedNumbers } from "../change/checked-numbers.ts";
import { branchInputs, branchOf } from "../change/make-switchable.ts";
import { elementTypes, floatTypeOf } from "../model/element-types.ts";
import type { OnnxModel } from "../model/onnx-model.ts";
import { adapterFile } from "./adapter-file.ts";
import { switchablePairs } from "./switchable-pairs.ts";

/**
 * Makes an adapter's file for a model that `makeSwitchable` made with `fedBy: "adapter-files"`. Modules that the adapter leaves
 * alone keep the pair of rank 0 that the model has for them.
 *
 * @throws OnnxMisfitError listing what of the adapter has no place among the model's inputs; OnnxOverflowError for numbers that
 * their type cannot hold
 *
 * @example
 * ```ts
 * import { readAdapterFolder } from "@lowrank/adapter-format/node";
 * import { readOnnx, writeOnnxAdapter } from "@lowrank/merge/onnx";
 * import { readFile, writeFile } from "node:fs/promises";
 *
 * export async function forRuntime(switchableModel: string, adapter: string, out: string): Promise<void> {
 *   const model = await readOnnx(await readFile(switchableModel));
 *   await writeFile(out, writeOnnxAdapter(model, await readAdapterFolder(adapter)));
 * }
 * ```
 */
export function writeOnnxAdapter(model: OnnxModel, adapter: Adapter): Uint8Array {
  const { inputs } = model.graph;
  const modules = new Map<string, readonly [number | undefined, number | undefined]>();
  for (const [name, { shape }] of inputs) {
    const { path, half } = branchOf(name) ?? {};
    if (path === undefined) continue;
    const [inFeatures, outFeatures] = modules.get(path) ?? [];
    modules.set(path, half === "a" ? [shape[0], outFeatures] : [inFeatures, shape[1]]);
  }
  const parameters = [...switchablePairs(adapter, modules, model.name)].flatMap(([path, factors]) =>
    (["a", "b"] as const).map((half) => {
      const name = branchInputs(path)[half];
      const { shape, values } = factors[half];
      const type = floatTypeOf(inputs.get(name)?.elementType ?? 0) ?? "F32";
      return { name, shape, elementType: elementTypes[type], bytes: checkedNumbers(name, values, type) };
    }),
  );
  return adapterFile(parameters);
}
