// Removes the parts of a graph that no output needs.

import type { OnnxGraph, OnnxNode } from "../engines/native/runtime/onnx-model.ts";

/** Without nodes and constants that no output needs. */
export function neededParts(graph: OnnxGraph): OnnxGraph {
  const names = new Set(graph.outputs);
  const nodes: OnnxNode[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((name) => names.has(name))) continue;
    for (const name of node.inputs) names.add(name);
    nodes.push(node);
  }
  return { ...graph, nodes: nodes.reverse(), constants: graph.constants?.filter(({ name }) => names.has(name)) ?? [] };
}
