// The changes of weights by an adapter without A and B: (IA)³, BEFT, LayerNorm tuning. As PEFT 0.21.2 merges them.

import { type Adapter, currentAdapter } from "@lowrank/adapter-format";
import type { AdapterTensor } from "@lowrank/adapter-format/internal";
import type { AdaptableModel, Site } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { AdapterMismatchError } from "@lowrank/inject/internal";

/** The change of one weight. */
export interface Edit {
  /** transformers' parameter path. */
  readonly path: string;
  /** Path of the parameter that shares the weight. */
  readonly tiedWith?: string | undefined;
  /** The new value of a number; its position is in file order. */
  readonly change: (value: number, position: number) => number;
}

type Problem = AdapterMismatchError["problems"][number];
type Named = AdapterTensor & { readonly key: string };

/** Throws AdapterMismatchError listing every tensor that does not fit the model. */
export function editsOf(model: AdaptableModel, adapter: Adapter): readonly Edit[] {
  const sites = new Map(model.sites().map((site) => [site.path, site]));
  const parameters = new Map(model.parameters().map((parameter) => [parameter.path, parameter]));
  const { tensors } = currentAdapter(adapter, { modules: [...sites.keys()], parameters: [...parameters.keys()] });
  const results = [...tensors].map(([key, tensor]): readonly Edit[] | Problem => {
    const saved = key.replace(/\.ln_tuning_layers(?=\.\w+$)/, "");
    const [, path = saved, part] = /^(.+)\.(ia3_l|beft_bias)$/.exec(key) ?? [];
    const [site, parameter] = [sites.get(path), parameters.get(path)];
    if (part === undefined && parameter !== undefined) return replaced({ key, ...tensor }, parameter);
    if (part === undefined || site === undefined) return { kind: "unknown-path", key, path, nearest: [] };
    if (site.kind !== "linear") return { kind: "unsupported", key, reason: "the layer is not linear" };
    const act = part === "ia3_l" ? scaled : added;
    return act({ key, ...tensor }, site, parameters.get(site.biasPath ?? `${path}.bias`));
  });
  const problems = results.flatMap((result) => ("kind" in result ? [result] : []));
  if (problems.length > 0) throw new AdapterMismatchError(problems);
  return results.flatMap((result) => ("kind" in result ? [] : result));
}

function replaced({ key, shape, values }: Named, parameter: ParameterRef): [Edit] | Problem {
  const { path, tiedWith, transposedInFile } = parameter;
  const expected = transposedInFile ? [...parameter.shape].reverse() : parameter.shape;
  if (shape.join() !== expected.join()) return { kind: "shape", key, got: shape, expected };
  return [{ path, tiedWith, change: (_, position) => values[position]! }];
}

/** (IA)³ (Liu et al. 2022): diag(l)·W and l ⊙ b for outputs; W·diag(l) for inputs, those of `feedforward_modules`. */
function scaled({ key, shape, values }: Named, site: Site, bias: ParameterRef | undefined): Edit[] | Problem {
  const { path, inFeatures, outFeatures, fanInFanOut, tiedWith } = site;
  const isOfOutputs = shape.join() === `${outFeatures},1`;
  if (!isOfOutputs && shape.join() !== `1,${inFeatures}`) {
    const expected = `[${outFeatures}, 1] for outputs or [1, ${inFeatures}] for inputs`;
    return { kind: "unsupported", key, reason: `shape [${shape.join(", ")}], this layer needs ${expected}` };
  }
  const columns = fanInFanOut ? outFeatures : inFeatures;
  const isByColumn = isOfOutputs === fanInFanOut;
  const index = (position: number) => (isByColumn ? position % columns : Math.floor(position / columns));
  const change: Edit["change"] = (value, position) => value * values[index(position)]!;
  const weight = { path: `${path}.weight`, tiedWith: tiedWith && `${tiedWith}.weight`, change };
  if (!isOfOutputs || bias === undefined) return [weight];
  const { path: biasPath, tiedWith: sharer } = bias;
  return [weight, { path: biasPath, tiedWith: sharer, change: (value, position) => value * values[position]! }];
}

/** BEFT (arXiv 2509.15974): a vector is added to the bias. */
function added({ key, shape, values }: Named, site: Site, bias: ParameterRef | undefined): [Edit] | Problem {
  const expected = [1, site.outFeatures];
  if (shape.join() !== expected.join()) return { kind: "shape", key, got: shape, expected };
  if (bias === undefined) return { kind: "unsupported", key, reason: "the layer has no bias, so PEFT cannot merge it" };
  return [{ path: bias.path, tiedWith: bias.tiedWith, change: (value, position) => value + values[position]! }];
}
