// A graph as lines of text: what it is made of, without the numbers in its weights.

import type { GraphModel } from "@tensorflow/tfjs-converter";
import type { Topology } from "../../topology/topology.ts";
import type { Graph, GraphNode } from "./graph.ts";

/** One line for each node, in the graph's order: name, operation, attributes, what it reads; of a constant its shape. */
export function topologyOf(model: GraphModel, { nodes }: Graph): Topology {
  return [...nodes.values()].map((node) => {
    const tensor = model.weights[node.name]?.[0];
    if (tensor !== undefined) return `${node.name} ${node.op} ${tensor.dtype}[${tensor.shape}]`;
    return `${node.name} ${node.op} ${attributesOf(node)} < ${node.inputs.join(" ")}`;
  });
}

/** What converters note about results is no part of what is computed. */
function attributesOf({ definition: { attr = {} } }: GraphNode): string {
  const said = Object.keys(attr).filter((name) => !name.startsWith("_") && name !== "value");
  return JSON.stringify(said.sort().map((name) => [name, attr[name]]));
}
