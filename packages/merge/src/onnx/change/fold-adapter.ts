// Merges an adapter into the weights of an ONNX model. Quantized integer weights cannot be changed; there the adapter becomes a
// branch next to the node, with its own A and B.

import type { Adapter } from "@lowrank/adapter-format";
import {
  type AdapterChanges,
  adapterChanges,
  type LoraChange,
  partsIfAbsent,
  partsOf,
  type WholeChange,
} from "../adapter/adapter-changes.ts";
import { type Misfit, onnxMismatchError } from "../adapter/errors.ts";
import { allGraphs, floatTypeOf, type OnnxModel, type OnnxTensor } from "../model/onnx-model.ts";
import { findSites } from "../sites/find-sites.ts";
import { isSameEnd, NamedSites } from "../sites/match-sites.ts";
import { type OnnxSite, outputsOf } from "../sites/onnx-site.ts";
import { Edits, type OnnxFile } from "./edits.ts";
import { FixedBranches } from "./fixed-branches.ts";
import { changedBytes, changeMisfit, meets, type WeightChange } from "./weight-change.ts";

/** The change for one module or parameter of an adapter. */
export interface OnnxChange {
  readonly path: string;
  /** Name of the changed tensor; of a branch, of the node's output. */
  readonly at: string;
  readonly how: "folded" | "branch" | "replaced";
}

/** A model with a merged adapter, not written yet. */
export interface FoldedOnnx {
  readonly changes: readonly OnnxChange[];
  readonly files: readonly OnnxFile[];
}

/**
 * Plans a model with the adapter's effect and the same inputs and outputs, so programs can use it like the old one. Float weights
 * (32 and 16 bits) are merged at no cost. Next to quantized ones (`MatMulNBits`, ONNX Runtime's dynamic 8 bits,
 * `DequantizeLinear`) two small products are added. Values are read and made when the pieces of `files` are read.
 *
 * @throws ONNX_MISFIT listing all modules of the adapter that are not in the model, and features that it cannot represent;
 * ONNX_OVERFLOW if a branch's factor does not fit into 16 bits (`pieces` throws it for a changed weight).
 *
 * @example
 * ```ts
 * import { readAdapterFolder } from "@lowrank/adapter-format/node";
 * import { foldAdapter, readOnnx } from "@lowrank/merge/onnx";
 * import { writeFileAtomic } from "@lowrank/safetensors/node";
 * import { readFile } from "node:fs/promises";
 *
 * export async function teach(model: string, adapter: string, out: string): Promise<void> {
 *   const { files } = foldAdapter(await readOnnx(await readFile(model)), await readAdapterFolder(adapter));
 *   for (const { name, pieces } of files) await writeFileAtomic(`${out}/${name}`, pieces());
 * }
 * ```
 */
export function foldAdapter(model: OnnxModel, adapter: Adapter): FoldedOnnx {
  const adapterChange = adapterChanges(adapter);
  const plan = new FoldPlan(model);
  const problems: Misfit[] = [...adapterChange.problems, ...plan.all(adapterChange)];
  if (problems.length > 0) throw onnxMismatchError(model.name, problems);
  return { changes: plan.changes, files: plan.files() };
}

/** The reason why a change has no place; undefined if it has one. */
type Verdict = string | undefined;

class FoldPlan {
  readonly changes: OnnxChange[] = [];
  readonly #named: NamedSites;
  readonly #uses: ReadonlyMap<string, number>;
  readonly #weights = new Map<OnnxTensor, WeightChange[]>();
  readonly #branches = new FixedBranches();

  constructor(private readonly model: OnnxModel) {
    this.#named = new NamedSites(findSites(model));
    const uses = new Map<string, number>();
    for (const { nodes } of allGraphs(model.graph)) {
      for (const { inputs } of nodes) for (const input of new Set(inputs)) uses.set(input, (uses.get(input) ?? 0) + 1);
    }
    this.#uses = uses;
  }

  all({ loras, wholes }: AdapterChanges): readonly Misfit[] {
    const isThere = (lora: LoraChange) => typeof this.#sitesOf(lora) !== "string";
    const verdicts = [
      ...wholes.map((whole) => [`${whole.path}.${whole.parameter}`, this.#whole(whole)] as const),
      ...loras
        .flatMap((lora) => partsIfAbsent(lora, partsOf, isThere))
        .map((lora) => [lora.path, this.#lora(lora)] as const),
    ];
    return verdicts.flatMap(([what, reason]) => (reason === undefined ? [] : [{ what, reason }]));
  }

  files(): readonly OnnxFile[] {
    const edits = new Edits(this.model);
    for (const [tensor, changes] of this.#weights)
      edits.replace(tensor, changedBytes(tensor, changes, this.model.outside));
    this.#branches.addTo(edits);
    return edits.files();
  }

  #sitesOf({ path, isEmbedding }: LoraChange): readonly OnnxSite[] | string {
    return this.#named.find(path, isEmbedding ? ["embedding"] : ["linear", "convolution"]);
  }

  #lora(lora: LoraChange): Verdict {
    const sites = this.#sitesOf(lora);
    if (typeof sites === "string") return sites;
    const verdicts = sites.map((site) => {
      const { weight } = site;
      if (weight === undefined) return this.#branch(site, lora);
      const { layout } = weight;
      return this.#change(weight.tensor, sites, lora.path, { kind: "lora", layout, lora, outputs: outputsOf(site) });
    });
    return verdicts.find((verdict) => verdict !== undefined);
  }

  #whole({ path, parameter, value }: WholeChange): Verdict {
    const sites = this.#named.find(path, ["linear", "embedding", "convolution"]);
    if (typeof sites !== "string" && sites[0]?.joined !== undefined)
      return `its ${parameter} is fused with that of other modules, and the adapter replaces it`;
    const match = parameter === "weight" ? sites : "";
    const site = typeof match === "string" ? undefined : match[0];
    if (site !== undefined && site.weight === undefined) return "its weight is quantized, and the adapter replaces it";
    const name = `${path}.${parameter}`;
    const tensor = site?.weight?.tensor ?? this.#tensorCalled(name);
    if (tensor === undefined) return typeof match === "string" && match !== "" ? match : "there is no such tensor";
    // A tensor that kept its name has torch's layout. One without it was transposed for MatMul.
    const keptName = isSameEnd(tensor.name, name);
    const isTransposed = !keptName && site?.kind === "linear" && site.weight?.layout === "in-out";
    return this.#change(tensor, typeof match === "string" ? [] : match, name, { kind: "whole", value, isTransposed });
  }

  #change(tensor: OnnxTensor, users: readonly OnnxSite[], path: string, change: WeightChange): Verdict {
    const ours = new Set(users.filter(({ weight }) => weight?.tensor === tensor).map(({ node }) => node)).size;
    const uses = this.#uses.get(tensor.name) ?? 0;
    if (change.kind === "lora" && uses > ours)
      return `${uses - ours} other nodes read the same weight; export the model untied`;
    const others = this.#weights.get(tensor) ?? [];
    // The branches of an `If` read one weight.
    if (change.kind === "lora" && others.some((other) => other.kind === "lora" && other.lora === change.lora)) return;
    if (others.some((other) => meets(other, change))) return "the adapter changes this weight twice";
    const misfit = changeMisfit(tensor, change);
    if (misfit !== undefined) return misfit;
    this.#weights.set(tensor, [...others, change]);
    this.changes.push({ path, at: tensor.name, how: change.kind === "lora" ? "folded" : "replaced" });
    return undefined;
  }

  #branch(site: OnnxSite, lora: LoraChange): Verdict {
    if (floatTypeOf(site.stateType) === undefined) return `its states are of ONNX's type ${site.stateType}`;
    if (lora.magnitude !== undefined) return "its weight is quantized, and the adapter's magnitudes need its values";
    const [ours, theirs] = [lora.a.shape[1] ?? 0, lora.b.shape[0] ?? 0];
    const [inputs, outputs] = site.features ?? [ours, theirs];
    if (ours !== inputs || theirs !== outputs)
      return `its weight maps ${inputs} to ${outputs}, and the adapter ${ours} to ${theirs}`;
    if (!this.#branches.put(site, lora)) return "the adapter changes this node twice";
    this.changes.push({ path: lora.path, at: site.output, how: "branch" });
    return undefined;
  }

  #tensorCalled(name: string): OnnxTensor | undefined {
    const matching = [...allGraphs(this.model.graph)].flatMap(({ tensors }) =>
      [...tensors.values()].filter((tensor) => isSameEnd(tensor.name, name)),
    );
    return matching.length === 1 ? matching[0] : undefined;
  }
}
