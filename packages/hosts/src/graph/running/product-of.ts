// The product that a site stands for, as a node of TensorFlow.js's: what a new adapter leaves as it is then has every bit of what the
// graph computed without it.

import type { Application } from "../applications/application.ts";
import type { GraphNode } from "../reading/graph.ts";

/** The node without its activation; a fused bias stays. It keeps its kind: fused kernels sum in an order of their own. */
export function productOf(node: GraphNode, { bias }: Application): GraphNode {
  if (!node.op.startsWith("_Fused")) return node;
  const inputs = node.inputs.slice(0, bias === undefined ? 2 : 3);
  const fused = {
    fused_ops: { list: { s: [btoa(bias === undefined ? "NoOp" : "BiasAdd")] } },
    num_args: { i: bias === undefined ? "0" : "1" },
  };
  const { definition } = node;
  return { ...node, inputs, definition: { ...definition, attr: { ...definition.attr, ...fused } } };
}
