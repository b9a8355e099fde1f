// A graph as lines of text: its structure, without the values of its weights.

import type { GraphModel } from "@tensorflow/tfjs-converter";
import type { Topology } from "../topology/topology.ts";
import type { Graph, GraphNode } from "./reading/graph.ts";

/** One line for each node, in the graph's order: name, operation, attributes and inputs; for a constant its shape. */
export function topologyOf(model: GraphModel, { nodes }: Graph): Topology {
  return [...nodes.values()].map((node) => {
    const tensor = model.weights[node.name]?.[0];
    if (tensor !== undefined) return `${node.name} ${node.op} ${tensor.dtype}[${tensor.shape}]`;
    return `${node.name} ${node.op} ${attributesOf(node)} < ${node.inputs.join(" ")}`;
  });
}

/** Attributes, without the converter's notes about outputs, which do not affect the computation. */
function attributesOf({ definition: { attr = {} } }: GraphNode): string {
  const attributes = Object.keys(attr).filter((name) => !name.startsWith("_") && name !== "value");
  return JSON.stringify(attributes.sort().map((name) => [name, attr[name]]));
}
