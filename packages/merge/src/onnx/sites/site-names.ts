// Module paths that a node's names tell of.

import type { OnnxNode } from "../model/onnx-model.ts";

/** Whether two names are of one thing: one may have more modules around it than the other. */
export function isSameEnd(one: string, other: string): boolean {
  return one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`);
}

/** The surest first: what the newer exporter notes, the weight's own name, the node's place. */
export function namesOf({ name, scopes }: OnnxNode, weight: string | undefined): readonly string[] {
  const names = [
    // The innermost entry is the operation itself.
    scopes.at(-2) ?? "",
    weight === undefined ? "" : ofWeight(weight),
    // "/model/layers.0/self_attn/q_proj/MatMul"
    name.includes("/") ? name.split("/").slice(0, -1).filter(Boolean).join(".") : "",
  ];
  // ONNX Runtime's GenAI builder calls every attention "attn".
  const known = names.flatMap((one) => [one, one.replace(/(^|\.)attn\./, "$1self_attn.")]);
  return [...new Set(known.filter((one) => one !== ""))];
}

/** "x.q_proj.weight", the GenAI builder's "x.q_proj.MatMul.weight", a quantiser's "x.q_proj.weight_quantized". */
function ofWeight(name: string): string {
  const end = name.lastIndexOf(".");
  if (end < 0 || !/^\.weight(_|$)/.test(name.slice(end))) return "";
  return name.slice(0, end).replace(/\.MatMul$/, "");
}
