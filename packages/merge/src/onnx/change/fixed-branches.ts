// Branches with fixed factors, next to the nodes of an ONNX model whose weights are quantized.

import type { LoraChange } from "../adapter/adapter-changes.ts";
import { floatTypeOf, type OnnxNode } from "../model/onnx-model.ts";
import type { OnnxSite } from "../sites/onnx-site.ts";
import { addBranch, type BranchNames } from "./branch.ts";
import type { Edits } from "./edits.ts";
import { branchFactors } from "./fold.ts";
import { tensorMessage } from "./messages.ts";

interface NodeBranch {
  readonly site: OnnxSite;
  /** One entry, or one for each joined module. */
  readonly loras: (LoraChange | undefined)[];
}

/** The branches of a model. */
export class FixedBranches {
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
