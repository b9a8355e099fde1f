// A low-rank branch beside a node: y = f(x) + (x·a)·b. Where modules are joined in the node, each has its own, side by side as
// their outputs are.

import type { OnnxSite } from "../sites/onnx-site.ts";
import type { Message } from "../wire/fields.ts";
import type { Edits } from "./edits.ts";
import { lastAxis, nodeMessage } from "./messages.ts";

/** Names of a pair's tensors: a [inFeatures, rank], b [rank, outFeatures]. */
export interface BranchNames {
  readonly a: string;
  readonly b: string;
}

/** Lets `site` add its pair's product; of joined modules, that of all of them in order. */
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
