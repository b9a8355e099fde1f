// A model that computes with any adapter, or none: each node gets a branch whose factors are inputs.

import { type Misfit, OnnxMisfitError } from "../adapter/errors.ts";
import { floatTypeOf } from "../model/element-types.ts";
import type { OnnxModel } from "../model/onnx-model.ts";
import { findSites } from "../sites/find-sites.ts";
import { NamedSites } from "../sites/match-sites.ts";
import { addBranch } from "./branch.ts";
import { Edits } from "./edits.ts";
import type { FoldedOnnx, OnnxChange } from "./fold-adapter.ts";
import { inputMessage } from "./messages.ts";

/** Names of the inputs that a module's branch reads. */
export function branchInputs(path: string): { readonly a: string; readonly b: string } {
  return { a: `lora/${path}/a`, b: `lora/${path}/b` };
}

/** The module whose branch reads that input, and which half it is. */
export function branchOf(input: string): { readonly path: string; readonly half: "a" | "b" } | undefined {
  const [, path, half] = /^lora\/(.+)\/([ab])$/.exec(input) ?? [];
  return path === undefined ? undefined : { path, half: half as "a" | "b" };
}

/**
 * Plans a model whose linear modules `paths` – PEFT's, as `pairsIn` of an adapter has them – read a pair from inputs of their
 * own, of any rank, 0 for no adapter. `SwitchableSession` feeds them. They are inputs and no initialisers that could be overridden:
 * ONNX Runtime's JavaScript leaves what is fed for those out, in silence.
 *
 * @throws OnnxMisfitError listing the modules that have no node, or whose sizes the file does not say
 */
export function makeSwitchable(model: OnnxModel, paths: readonly string[]): FoldedOnnx {
  const named = new NamedSites(findSites(model));
  const edits = new Edits(model);
  const problems: Misfit[] = [];
  const changes: OnnxChange[] = [];
  for (const path of new Set(paths)) {
    const found = named.find(path, ["linear"]);
    const sites = typeof found === "string" ? [] : found;
    const [first] = sites;
    const type = first && floatTypeOf(first.stateType);
    if (typeof found === "string") problems.push({ what: path, reason: found });
    else if (first?.features === undefined || type === undefined)
      problems.push({ what: path, reason: "the file does not say its sizes, or its states are no floats" });
    else {
      const { a, b } = branchInputs(path);
      const [inputs, outputs] = first.features;
      const rank = `rank of ${path}`;
      edits.addInput(inputMessage(a, [inputs, rank], type));
      edits.addInput(inputMessage(b, [rank, outputs], type));
      for (const site of sites) {
        addBranch(edits, site, a, b);
        changes.push({ path, at: site.output, how: "branch" });
      }
    }
  }
  if (problems.length > 0) throw new OnnxMisfitError(model.name, problems);
  return { changes, files: edits.files() };
}
