// Branches with an adapter's own factors, beside nodes whose weights cannot take it. Modules that are joined in a node come one by
// one; those that the adapter leaves alone get a pair of rank 0.

import type { AdapterTensor } from "@lowrank/adapter-format";
import type { PairChange } from "../adapter/adapter-changes.ts";
import { type FloatType, floatTypeOf } from "../model/element-types.ts";
import type { OnnxNode } from "../model/onnx-model.ts";
import type { OnnxSite } from "../sites/onnx-site.ts";
import { addBranch, type BranchNames } from "./branch.ts";
import type { Edits } from "./edits.ts";
import { branchFactors } from "./fold.ts";
import { tensorMessage } from "./messages.ts";

interface NodeBranch {
  readonly site: OnnxSite;
  /** One, or one of each joined module. */
  readonly pairs: (PairChange | undefined)[];
}

/** The branches of a model. */
export class FixedBranches {
  readonly #byNode = new Map<OnnxNode, NodeBranch>();

  /** Whether the pair has a place beside the node: false where another one took it. */
  put(site: OnnxSite, pair: PairChange): boolean {
    const { node, joined } = site;
    const branch = this.#byNode.get(node) ?? { site, pairs: Array(joined?.modules.length ?? 1).fill(undefined) };
    const index = joined?.index ?? 0;
    if ((branch.site.joined === undefined) !== (joined === undefined) || branch.pairs[index] !== undefined)
      return false;
    branch.pairs[index] = pair;
    this.#byNode.set(node, branch);
    return true;
  }

  addTo(edits: Edits): void {
    const named = new Map<PairChange, BranchNames>();
    for (const { site, pairs } of this.#byNode.values()) {
      const type = floatTypeOf(site.stateType) ?? "F32";
      const add = (path: string, { a, b }: Factors) => {
        const names = { a: `${path}.lora_A`, b: `${path}.lora_B` };
        addTensor(edits, names.a, a, type);
        addTensor(edits, names.b, b, type);
        return names;
      };
      const namesOf = (pair: PairChange | undefined, index: number): BranchNames => {
        if (pair === undefined) return add(`${site.output}/${site.joined?.modules[index]}`, emptyFactors(site, index));
        // The branches of an `If` see the same factors.
        const names = named.get(pair) ?? add(pair.path, branchFactors(pair));
        named.set(pair, names);
        return names;
      };
      addBranch(edits, site, pairs.map(namesOf));
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

function addTensor(edits: Edits, name: string, tensor: AdapterTensor, type: FloatType): void {
  edits.addTensor(tensorMessage(name, tensor, type));
}
