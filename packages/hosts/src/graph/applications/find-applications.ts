// Walks a graph for nodes that compute with a weight.

import type { GraphModel } from "@tensorflow/tfjs-converter";
import { type Graph, type GraphNode, nodeOfReference, type Reference } from "../reading/graph.ts";
import {
  type Application,
  type Constant,
  type Constants,
  isRefusal,
  type Recognise,
  type Refusal,
  refusal,
} from "./application.ts";
import { recogniseConvolution, recogniseDepthwise } from "./convolutions.ts";
import { recogniseEinsum } from "./einsum.ts";
import { recogniseProduct } from "./products.ts";
import { recogniseTable } from "./tables.ts";

const rows: Readonly<Record<string, Recognise>> = {
  MatMul: recogniseProduct,
  _FusedMatMul: recogniseProduct,
  BatchMatMul: recogniseProduct,
  BatchMatMulV2: recogniseProduct,
  Conv2D: recogniseConvolution,
  _FusedConv2D: recogniseConvolution,
  DepthwiseConv2dNative: recogniseDepthwise,
  DepthwiseConv2d: recogniseDepthwise,
  FusedDepthwiseConv2dNative: recogniseDepthwise,
  Einsum: recogniseEinsum,
  GatherV2: recogniseTable,
  Gather: recogniseTable,
};

/** What a graph computes with its weights. */
export interface FoundApplications {
  readonly applications: readonly Application[];
  readonly refusals: readonly Refusal[];
}

/** In the order of the graph. A weight that two nodes use in different ways has no site: a merge would change both. */
export function findApplications(graph: Graph, constants: Constants): FoundApplications {
  const found = [...graph.nodes.values()].flatMap((node) => rows[node.op]?.(node, constants) ?? []);
  const applications = found.filter((one): one is Application => !isRefusal(one));
  const users = usersOf(graph, constants);
  const first = new Map(applications.map((one) => [one.weight, one] as const).reverse());
  const refused = new Map<string, Refusal>();
  for (const application of applications) {
    const { node, weight, shape } = application;
    const others = users.get(weight) ?? [];
    const alike = new Set(applications.filter((one) => one.weight === weight).map((one) => one.node));
    const stranger = others.find((name) => !alike.has(name));
    const isOther = JSON.stringify(shape) !== JSON.stringify(first.get(weight)?.shape);
    if (stranger === undefined && !isOther) continue;
    const other = stranger ?? first.get(weight)?.node ?? "";
    refused.set(weight, refusal(graph.nodes.get(node)!, weight, `"${other}" uses its weight in another way`));
  }
  return {
    applications: applications.filter(({ weight }) => !refused.has(weight)),
    refusals: [...found.filter(isRefusal), ...refused.values()],
  };
}

/** For each constant the nodes that compute with it. */
function usersOf(graph: Graph, constants: Constants): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>();
  for (const { name, op, inputs } of graph.nodes.values()) {
    if (op === "Identity") continue;
    for (const reference of inputs) {
      const constant = constants.find(reference);
      if (constant !== undefined) users.set(constant.name, [...(users.get(constant.name) ?? []), name]);
    }
  }
  return users;
}

/** The constants of a model, seen through nodes that hand them on. */
export function constantsOf(model: GraphModel, graph: Graph): Constants {
  const find = (reference: Reference | undefined): Constant | undefined => {
    let node: GraphNode | undefined = reference === undefined ? undefined : graph.nodes.get(nodeOfReference(reference));
    while (node?.op === "Identity" && node.inputs[0] !== undefined)
      node = graph.nodes.get(nodeOfReference(node.inputs[0]));
    const tensor = node?.op === "Const" ? model.weights[node.name]?.[0] : undefined;
    if (node === undefined || tensor === undefined) return undefined;
    const { shape, dtype, size } = tensor;
    const isNumber = size === 1 && dtype === "int32";
    return {
      name: node.name,
      shape,
      dtype,
      get value() {
        return isNumber ? tensor.dataSync()[0] : undefined;
      },
    };
  };
  return { find };
}
