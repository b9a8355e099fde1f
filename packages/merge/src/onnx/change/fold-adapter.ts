// Merges an adapter into the weights of an ONNX model. Quantized integer weights cannot be changed; there the adapter becomes a
// branch next to the node, with its own A and B.

import { type Adapter, transposed } from "@lowrank/adapter-format";
import { type ByteSource, bitsOf, decodeToFloat32 } from "@lowrank/safetensors";
import {
  type AdapterChanges,
  adapterChanges,
  inParts,
  type LoraChange,
  partsOf,
  type WholeChange,
} from "../adapter/adapter-changes.ts";
import { type Misfit, OnnxMismatchError } from "../adapter/errors.ts";
import { rowsAndColumns, storedBytes } from "../model/node-attributes.ts";
import {
  allGraphs,
  type FloatType,
  floatTypeOf,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from "../model/onnx-model.ts";
import { findSites } from "../sites/find-sites.ts";
import { isSameEnd, NamedSites } from "../sites/match-sites.ts";
import { type OnnxSite, type OnnxWeight, type Outputs, outputsOf } from "../sites/onnx-site.ts";
import type { LaterBytes } from "../wire/fields.ts";
import { addBranch, type BranchNames } from "./branch.ts";
import { checkedNumbers } from "./checked-numbers.ts";
import { Edits, type OnnxFile } from "./edits.ts";
import { branchFactors, LoraFold, type WeightRows } from "./fold.ts";
import { tensorMessage } from "./messages.ts";

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
 * @throws OnnxMismatchError listing all modules of the adapter that are not in the model, and features that it cannot represent;
 * OnnxOverflowError if a branch's factor does not fit into 16 bits (`pieces` throws it for a changed weight).
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
  if (problems.length > 0) throw new OnnxMismatchError(model.name, problems);
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
      ...loras.flatMap((lora) => inParts(lora, partsOf, isThere)).map((lora) => [lora.path, this.#lora(lora)] as const),
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
    if (site !== undefined && site.weight === undefined) return "its weight is quantised, and the adapter replaces it";
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
    // The branches of an \`If\` read one weight.
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
    if (lora.magnitude !== undefined) return "its weight is quantised, and the adapter's magnitudes need its values";
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

/** Whether two changes of a weight share outputs. */
function meets(one: WeightChange, other: WeightChange): boolean {
  if (one.kind === "whole" || other.kind === "whole") return true;
  const [first, second] = [one.outputs, other.outputs];
  return first === undefined || second === undefined || (first.begin < second.end && second.begin < first.end);
}

interface NodeBranch {
  readonly site: OnnxSite;
  /** One entry, or one for each joined module. */
  readonly loras: (LoraChange | undefined)[];
}

/** The branches of a model. */
class FixedBranches {
  readonly #byNode = new Map<OnnxNode, NodeBranch>();

  /** Adds a branch to the node. False if another branch has its place. */
  put(site: OnnxSite, lora: LoraChange): boolean {
    const { node, joined } = site;
    const branch = this.#byNode.get(node) ?? { site, loras: Array(joined?.modules.length ?? 1).fill(undefined) };
    const index = joined?.index ?? 0;
    if ((branch.site.joined === undefined) !== (joined === undefined) || branch.loras[index] !== undefined)
      return false;
    branch.loras[index] = lora;
    this.#byNode.set(node, branch);
    return true;
  }

  addTo(edits: Edits): void {
    const named = new Map<LoraChange, BranchNames>();
    for (const { site, loras } of this.#byNode.values()) {
      const type = floatTypeOf(site.stateType) ?? "F32";
      const add = (path: string, { a, b }: Factors) => {
        const names = { a: `${path}.lora_A`, b: `${path}.lora_B` };
        edits.addTensor(tensorMessage(names.a, a, type));
        edits.addTensor(tensorMessage(names.b, b, type));
        return names;
      };
      const namesOf = (lora: LoraChange | undefined, index: number): BranchNames => {
        if (lora === undefined) return add(`${site.output}/${site.joined?.modules[index]}`, emptyFactors(site, index));
        // All branches of an `If` use the same factors.
        const names = named.get(lora) ?? add(lora.path, branchFactors(lora));
        named.set(lora, names);
        return names;
      };
      addBranch(edits, site, loras.map(namesOf));
    }
  }
}

type Factors = ReturnType<typeof branchFactors>;

function emptyFactors({ features, joined }: OnnxSite, index: number): Factors {
  const values = new Float32Array();
  return {
    a: { shape: [features?.[0] ?? 0, 0], values },
    b: { shape: [0, joined?.widths[index] ?? 0], values },
  };
}

/** A low-rank update or a new value for a weight. */
type WeightChange =
  | {
      readonly kind: "lora";
      readonly layout: OnnxWeight["layout"];
      readonly lora: LoraChange;
      /** The outputs of the module, if several modules share the weight. */
      readonly outputs: Outputs | undefined;
    }
  /** `isTransposed`: the file's matrix is transposed. */
  | { readonly kind: "whole"; readonly value: WholeChange["value"]; readonly isTransposed: boolean };

/** Numbers of a weight in memory at a time; at least one row. */
const blockNumbers = 2 ** 22;

/** Why a tensor cannot be changed. */
function changeMisfit(tensor: OnnxTensor, change: WeightChange): string | undefined {
  const type = floatTypeOf(tensor.elementType);
  if (type === undefined) return `its numbers are of ONNX's type ${tensor.elementType}, which is not a float type`;
  if (tensor.bytes === undefined) return "its values are not one block of bytes";
  const length = tensor.shape.reduce((product, size) => product * size, bitsOf(type) / 8);
  if (tensor.bytes.length !== length) return `its values are ${tensor.bytes.length} bytes, expected ${length}`;
  return sizesMisfit(tensor.shape, change);
}

/** The new bytes of a tensor. `changes` must fit it. */
function changedBytes(
  tensor: OnnxTensor,
  changes: readonly WeightChange[],
  outside: ReadonlyMap<string, ByteSource>,
): LaterBytes {
  const type = floatTypeOf(tensor.elementType) ?? "F32";
  const [whole] = changes.filter((change) => change.kind === "whole");
  async function* pieces(): AsyncGenerator<Uint8Array> {
    if (whole !== undefined) {
      const values = whole.isTransposed ? transposed(whole.value).values : whole.value.values;
      yield checkedNumbers(tensor.name, values, type);
      return;
    }
    const folds = changes.flatMap((change) => {
      if (change.kind !== "lora") return [];
      const { lora, layout, outputs } = change;
      return [new LoraFold(lora, { layout, begin: outputs?.begin ?? 0 })];
    });
    const measured = folds.filter(({ isMeasuredFirst }) => isMeasuredFirst);
    if (measured.length > 0)
      for await (const rows of rowsOf(tensor, type, outside)) for (const fold of measured) fold.measure(rows);
    for await (const rows of rowsOf(tensor, type, outside)) {
      for (const fold of folds) fold.fold(rows);
      yield checkedNumbers(tensor.name, rows.values, type, rows.first * rows.columns);
    }
  }
  return { length: tensor.bytes?.length ?? 0, pieces };
}

async function* rowsOf(
  { shape, bytes }: OnnxTensor,
  type: FloatType,
  outside: ReadonlyMap<string, ByteSource>,
): AsyncGenerator<WeightRows> {
  const [rows, columns] = rowsAndColumns(shape);
  const max = Math.max(1, Math.floor(blockNumbers / columns));
  for (let first = 0; first < rows; first += max) {
    const [begin, end] = [first, Math.min(rows, first + max)].map((row) => (row * columns * bitsOf(type)) / 8);
    const stored = await storedBytes(bytes, [begin ?? 0, end ?? 0], outside);
    yield { values: decodeToFloat32(stored, type), columns, first };
  }
}

/** Why a change does not fit a weight of that shape. */
function sizesMisfit(shape: readonly number[], change: WeightChange): string | undefined {
  if (change.kind === "whole") {
    const dims = change.isTransposed ? [...change.value.shape].reverse() : change.value.shape;
    return dims.join() === shape.join() ? undefined : `it is [${shape}], and the adapter has [${change.value.shape}]`;
  }
  const { layout, lora, outputs: outputRange } = change;
  const [rank = 0] = lora.a.shape;
  const sizes = [lora.a.values.length / rank, lora.b.values.length / rank];
  const [rows, columns] = rowsAndColumns(shape);
  const [inputs, all] = layout === "out-in" ? [columns, rows] : [rows, columns];
  const outputs = outputRange === undefined ? all : outputRange.end - outputRange.begin;
  if (sizes[0] === inputs && sizes[1] === outputs) return undefined;
  return `its weight maps ${inputs} to ${outputs}, and the adapter's A and B ${sizes[0]} to ${sizes[1]}`;
}
