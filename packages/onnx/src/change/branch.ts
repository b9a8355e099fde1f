// A low-rank branch beside a node: y = f(x) + (x·a)·b.

import type { OnnxSite } from "../sites/onnx-site.ts";
import type { Edits } from "./edits.ts";
import { nodeMessage } from "./messages.ts";

/** Lets `site` add the product with the tensors called `a` [inFeatures, rank] and `b` [rank, outFeatures]. */
export function addBranch(edits: Edits, { input, output, last }: OnnxSite, a: string, b: string): void {
  const [base, narrow, wide] = [`${output}/base`, `${output}/lora_a`, `${output}/lora_b`];
  edits.follow(last, {
    output,
    renamed: base,
    nodes: [
      nodeMessage("MatMul", [input, a], narrow),
      nodeMessage("MatMul", [narrow, b], wide),
      nodeMessage("Add", [base, wide], output),
    ],
  });
}
