// Finds the nodes of a graph that compute with a weight.

import type { GraphModel } from "@tensorflow/tfjs-converter";
import { type Graph, type GraphNode, nodeOfReference, type Reference } from "../reading/graph.ts";
import {
  type Application,
  asItIs,
  type Constant,
  type Constants,
  isRefusal,
  type Recognize,
  type Refusal,
  refusal,
} from "./application.ts";
import { recognizeConvolution, recognizeDepthwise } from "./convolutions.ts";
import { recognizeEinsum } from "./einsum.ts";
import { recognizeProduct } from "./products.ts";

const rows: Readonly<Record<string, Recognize>> = {
  MatMul: recognizeProduct,
  _FusedMatMul: recognizeProduct,
  BatchMatMul: recognizeProduct,
  BatchMatMulV2: recognizeProduct,
  Conv2D: recognizeConvolution,
  _FusedConv2D: recognizeConvolution,
  DepthwiseConv2dNative: recognizeDepthwise,
  DepthwiseConv2d: recognizeDepthwise,
  FusedDepthwiseConv2dNative: recognizeDepthwise,
  Einsum: recognizeEinsum,
  GatherV2: recognizeTable,
  Gather: recognizeTable,
};

/** The nodes that compute with weights, and the refused ones. */
export interface FoundApplications {
  readonly applications: readonly Application[];
  readonly refusals: readonly Refusal[];
}

/** In the order of the graph. A weight that two nodes use in different ways has no site: a merge would change both. */
export function findApplications(graph: Graph, constants: Constants): FoundApplications {
  const found = [...graph.nodes.values()].flatMap((node) => rows[node.op]?.(node, constants) ?? []);
  const applications = found.filter((candidate): candidate is Application => !isRefusal(candidate));
  const users = usersOf(graph, constants);
  const first = new Map(applications.map((application) => [application.weight, application] as const).reverse());
  const refused = new Map<string, Refusal>();
  for (const application of applications) {
    const { node, weight, shape } = application;
    const others = users.get(weight) ?? [];
    const alike = new Set(applications.filter((other) => other.weight === weight).map((other) => other.node));
    const otherUser = others.find((name) => !alike.has(name));
    const isOther = JSON.stringify(shape) !== JSON.stringify(first.get(weight)?.shape);
    if (otherUser === undefined && !isOther) continue;
    const other = otherUser ?? first.get(weight)?.node ?? "";
    refused.set(weight, refusal(graph.nodes.get(node)!, weight, `"${other}" uses its weight in another way`));
  }
  return {
    applications: applications.filter(({ weight }) => !refused.has(weight)),
    refusals: [...found.filter(isRefusal), ...refused.values()],
  };
}

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

/** The constants of a model, also through nodes that pass them on unchanged. */
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

/** GatherV2 and Gather from a constant of floats. */
function recognizeTable(node: GraphNode, constants: Constants): Application | Refusal | undefined {
  const [table, ids] = node.inputs;
  const constant = constants.find(table);
  if (constant === undefined || ids === undefined || constant.dtype !== "float32") return undefined;
  const { name: weight, shape } = constant;
  const [rows = 0, width = 0] = shape;
  if (shape.length !== 2) return refusal(node, weight, `its table has ${shape.length} axes, expected two`);
  const axis = node.inputs[2] === undefined ? 0 : constants.find(node.inputs[2])?.value;
  if (axis !== 0) return refusal(node, weight, "it does not look up whole rows (axis 0)");
  if (node.attributes.number("batch_dims", 0) !== 0)
    return refusal(node, weight, "each row of its batch has its own table");
  return {
    node: node.name,
    weight,
    shape: { kind: "embedding", rows, width },
    input: ids,
    toSiteInput: asItIs,
    toSiteOutput: asItIs,
    fromSiteOutput: asItIs,
  };
}
