// An adapter into a model's own weights. What lies there in whole numbers cannot take it: there it becomes a branch beside the
// node, with factors of its own.

import type { Adapter } from "@lowrank/adapter-format";
import { type AdapterChanges, adapterChanges, type PairChange, type WholeChange } from "../adapter/adapter-changes.ts";
import { type Misfit, OnnxMisfitError } from "../adapter/errors.ts";
import { inParts, partsOf } from "../adapter/parts-of-pair.ts";
import { floatTypeOf } from "../model/element-types.ts";
import { allGraphs, type OnnxModel, type OnnxTensor } from "../model/onnx-model.ts";
import { findSites } from "../sites/find-sites.ts";
import { NamedSites } from "../sites/match-sites.ts";
import { type OnnxSite, outputsOf } from "../sites/onnx-site.ts";
import { isSameEnd } from "../sites/site-names.ts";
import { Edits, type OnnxFile } from "./edits.ts";
import { FixedBranches } from "./fixed-branches.ts";
import { changedBytes, changeMisfit, type WeightChange } from "./planned-weight.ts";

/** What is done for one module or parameter of an adapter. */
export interface OnnxChange {
  readonly path: string;
  /** Name of the changed tensor; of a branch, of the node's output. */
  readonly at: string;
  readonly how: "folded" | "branch" | "replaced";
}

/** A model with an adapter in it, still to be written. */
export interface FoldedOnnx {
  readonly changes: readonly OnnxChange[];
  readonly files: readonly OnnxFile[];
}

/**
 * Plans a model that computes what the adapter teaches it, with the same inputs and outputs: what runs the model now runs it then.
 * Weights of 32 and 16 bits take the adapter in and cost nothing more; beside quantised ones (`MatMulNBits`, ONNX Runtime's
 * dynamic 8 bits, `DequantizeLinear`) two small products are added. Numbers are read and made when `files` are asked for pieces.
 *
 * @throws OnnxMisfitError listing every module of the adapter that has no place in the model, and what a model cannot say;
 * OnnxOverflowError where
 * 16 bits are too few for a branch's factor; `pieces` throws it for a changed weight.
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
  const asked = adapterChanges(adapter);
  const plan = new FoldPlan(model);
  const problems: Misfit[] = [...asked.problems, ...plan.all(asked)];
  if (problems.length > 0) throw new OnnxMisfitError(model.name, problems);
  return { changes: plan.changes, files: plan.files() };
}

/** Gives a reason where something has no place. */
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

  all({ pairs, wholes }: AdapterChanges): readonly Misfit[] {
    const isThere = (pair: PairChange) => typeof this.#sitesOf(pair) !== "string";
    const verdicts = [
      ...wholes.map((whole) => [`${whole.path}.${whole.parameter}`, this.#whole(whole)] as const),
      ...pairs.flatMap((pair) => inParts(pair, partsOf, isThere)).map((pair) => [pair.path, this.#pair(pair)] as const),
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

  #sitesOf({ path, isEmbedding }: PairChange): readonly OnnxSite[] | string {
    return this.#named.find(path, isEmbedding ? ["embedding"] : ["linear", "convolution"]);
  }

  #pair(pair: PairChange): Verdict {
    const found = this.#sitesOf(pair);
    if (typeof found === "string") return found;
    const verdicts = found.map((site) => {
      const { weight } = site;
      if (weight === undefined) return this.#branch(site, pair);
      const { layout } = weight;
      return this.#change(weight.tensor, found, pair.path, { kind: "pair", layout, pair, outputs: outputsOf(site) });
    });
    return verdicts.find((verdict) => verdict !== undefined);
  }

  #whole({ path, parameter, value }: WholeChange): Verdict {
    const sites = this.#named.find(path, ["linear", "embedding", "convolution"]);
    if (typeof sites !== "string" && sites[0]?.joined !== undefined)
      return `its ${parameter} is joined with other modules', and the adapter has another one`;
    const found = parameter === "weight" ? sites : "";
    const site = typeof found === "string" ? undefined : found[0];
    if (site !== undefined && site.weight === undefined)
      return "its weight is quantised, and the adapter has another one";
    const name = `${path}.${parameter}`;
    const tensor = site?.weight?.tensor ?? this.#tensorCalled(name);
    if (tensor === undefined) return typeof found === "string" && found !== "" ? found : "no tensor is called so";
    // A tensor that kept its name lies as it did in torch; one that lost it was turned for MatMul.
    const keptName = isSameEnd(tensor.name, name);
    const isTurned = !keptName && site?.kind === "linear" && site.weight?.layout === "in-out";
    return this.#change(tensor, typeof found === "string" ? [] : found, name, { kind: "whole", value, isTurned });
  }

  #change(tensor: OnnxTensor, users: readonly OnnxSite[], path: string, change: WeightChange): Verdict {
    const ours = new Set(users.filter(({ weight }) => weight?.tensor === tensor).map(({ node }) => node)).size;
    const uses = this.#uses.get(tensor.name) ?? 0;
    if (change.kind === "pair" && uses > ours)
      return `${uses - ours} other nodes read the same weight; export the model untied`;
    const others = this.#weights.get(tensor) ?? [];
    // The branches of an \`If\` read one weight.
    if (change.kind === "pair" && others.some((other) => other.kind === "pair" && other.pair === change.pair)) return;
    if (others.some((other) => meets(other, change))) return "two changes of the adapter meet in one weight";
    const misfit = changeMisfit(tensor, change);
    if (misfit !== undefined) return misfit;
    this.#weights.set(tensor, [...others, change]);
    this.changes.push({ path, at: tensor.name, how: change.kind === "pair" ? "folded" : "replaced" });
    return undefined;
  }

  #branch(site: OnnxSite, pair: PairChange): Verdict {
    if (floatTypeOf(site.stateType) === undefined) return `its states are of ONNX's type ${site.stateType}`;
    if (pair.magnitude !== undefined) return "its weight is quantised, and the adapter's magnitudes need its numbers";
    const [ours, theirs] = [pair.a.shape[1] ?? 0, pair.b.shape[0] ?? 0];
    const [inputs, outputs] = site.features ?? [ours, theirs];
    if (ours !== inputs || theirs !== outputs)
      return `its weight maps ${inputs} to ${outputs}, and the adapter's pair ${ours} to ${theirs}`;
    if (!this.#branches.put(site, pair)) return "two changes of the adapter meet in one node";
    this.changes.push({ path: pair.path, at: site.output, how: "branch" });
    return undefined;
  }

  #tensorCalled(name: string): OnnxTensor | undefined {
    const found = [...allGraphs(this.model.graph)].flatMap(({ tensors }) =>
      [...tensors.values()].filter((one) => isSameEnd(one.name, name)),
    );
    return found.length === 1 ? found[0] : undefined;
  }
}

/** Whether two changes of a weight have outputs in common. */
function meets(one: WeightChange, other: WeightChange): boolean {
  if (one.kind === "whole" || other.kind === "whole") return true;
  const [mine, theirs] = [one.outputs, other.outputs];
  return mine === undefined || theirs === undefined || (mine.begin < theirs.end && theirs.begin < mine.end);
}
