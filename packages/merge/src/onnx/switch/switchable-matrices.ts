// Converts an adapter's A and B to the inputs of a switchable model. One error lists everything that cannot be switched.

import type { Adapter } from "@lowrank/adapter-format";
import { adapterChanges, partsIfAbsent, partsOf } from "../adapter/adapter-changes.ts";
import { type Misfit, onnxMismatchError } from "../adapter/errors.ts";
import { branchFactors } from "../change/fold.ts";
import { branchOf } from "../change/make-switchable.ts";

/** A [inFeatures, rank], and B [rank, outFeatures] multiplied by the scaling. */
export type Factors = ReturnType<typeof branchFactors>;

/** inFeatures and outFeatures of a module, if known. */
type Features = readonly [number | undefined, number | undefined];

/** The modules whose branches read the given inputs, with their sizes. */
export function switchableModules(
  inputs: Iterable<readonly [name: string, shape: readonly (number | undefined)[]]>,
): ReadonlyMap<string, Features> {
  const modules = new Map<string, Features>();
  for (const [name, shape] of inputs) {
    const { path, matrix } = branchOf(name) ?? {};
    if (path === undefined) continue;
    const [inFeatures, outFeatures] = modules.get(path) ?? [];
    modules.set(path, matrix === "a" ? [shape[0], outFeatures] : [inFeatures, shape[1]]);
  }
  return modules;
}

/**
 * A and B of each adapted module.
 *
 * @throws ONNX_MISFIT for modules that are missing in `modules` or have other sizes, and for parts other than A and B
 */
export function switchableMatrices(
  adapter: Adapter,
  modules: ReadonlyMap<string, Features>,
  model: string,
): ReadonlyMap<string, Factors> {
  const { loras, wholes, problems } = adapterChanges(adapter);
  const misfits: Misfit[] = [
    ...problems,
    ...wholes.map(({ path, parameter }) => ({ what: `${path}.${parameter}`, reason: "only A and B can be switched" })),
  ];
  const factorsByPath = new Map<string, Factors>();
  for (const lora of loras.flatMap((lora) => partsIfAbsent(lora, partsOf, ({ path }) => modules.has(path)))) {
    const { path, magnitude, isEmbedding } = lora;
    const features = modules.get(path);
    const refuse = (reason: string) => misfits.push({ what: path, reason });
    if (magnitude !== undefined) refuse("magnitudes cannot be switched; merge them instead");
    else if (isEmbedding) refuse("embeddings cannot be switched; merge it instead");
    else if (features === undefined) refuse("the model is not switchable at this module");
    else {
      const factors = branchFactors(lora);
      const [ours, theirs] = [factors.a.shape[0] ?? 0, factors.b.shape[1] ?? 0];
      const [inputs = ours, outputs = theirs] = features;
      if (inputs !== ours || outputs !== theirs)
        refuse(`its weight maps ${inputs} to ${outputs}, and the adapter ${ours} to ${theirs}`);
      else factorsByPath.set(path, factors);
    }
  }
  if (misfits.length > 0) throw onnxMismatchError(model, misfits);
  return factorsByPath;
}
