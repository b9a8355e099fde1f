// Adds a low-rank branch to a node: y = f(x) + (x·a)·b. If the node joins several modules, each has its own branch, and the
// results are concatenated like their outputs.

import type { OnnxSite } from "../sites/onnx-site.ts";
import type { Message } from "../wire/fields.ts";
import type { Edits } from "./edits.ts";
import { lastAxis, nodeMessage } from "./messages.ts";

/** Names of a branch's tensors: a [inFeatures, rank], b [rank, outFeatures]. */
export interface BranchNames {
  readonly a: string;
  readonly b: string;
}

/** Adds the branch to `site`; for joined modules the branches of all of them, in order. */
export function addBranch(
  edits: Edits,
  { input, output, last, joined }: OnnxSite,
  loras: readonly BranchNames[],
): void {
  const base = `${output}/base`;
  const wide: string[] = [];
  const products = loras.flatMap(({ a, b }, index): readonly Message[] => {
    const end = joined === undefined ? "" : `/${joined.modules[index]}`;
    const narrow = `${output}/lora_a${end}`;
    wide.push(`${output}/lora_b${end}`);
    return [nodeMessage("MatMul", [input, a], narrow), nodeMessage("MatMul", [narrow, b], `${output}/lora_b${end}`)];
  });
  const all = `${output}/lora_b`;
  const concat = joined === undefined ? [] : [nodeMessage("Concat", wide, all, [lastAxis])];
  const nodes = [...products, ...concat, nodeMessage("Add", [base, all], output)];
  edits.follow(last, { output, renamed: base, nodes });
}
