// Finds the nodes of a graph that compute with a weight.

import type { GraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { type Graph, type GraphNode, nodeOfReference, type Reference } from "../reading/graph.ts";
import { fusedWith } from "./activation.ts";
import {
  type Application,
  asItIs,
  type Constant,
  type Constants,
  isRefusal,
  type LinearShape,
  type Recognize,
  type Refusal,
  refusal,
} from "./application.ts";
import { recognizeConvolution, recognizeDepthwise } from "./convolutions.ts";
import { recognizeEinsum } from "./einsum.ts";

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

// Products with a constant: MatMul, its fused form, and the batched ones. A constant on the left is the same layer with the last two
// axes of all tensors swapped.

/** MatMul, _FusedMatMul, BatchMatMul, BatchMatMulV2. */
function recognizeProduct(node: GraphNode, constants: Constants): Application | Refusal | undefined {
  const [left, right] = [constants.find(node.inputs[0]), constants.find(node.inputs[1])];
  const constant = right ?? left;
  const isLeft = right === undefined;
  const input = node.inputs[isLeft ? 1 : 0];
  if (constant === undefined || input === undefined || (left !== undefined && right !== undefined)) return undefined;
  const { name: weight, shape } = constant;
  const stacked = shape.slice(0, -2).filter((size) => size !== 1);
  if (shape.length < 2 || stacked.length > 0)
    return refusal(node, weight, `its constant [${shape.join(", ")}] is not a single matrix`);
  const { bias, activation, unknown } = fusedWith(node);
  if (unknown !== undefined) return refusal(node, weight, `it is fused with "${unknown}"`);
  const [flipsLeft, flipsRight] = [flips(node, "a"), flips(node, "b")];
  const missing = shape.length;
  const matrix = matrixShape(shape.slice(-2), isLeft ? !flipsLeft : flipsRight);
  const isFlipped = isLeft ? !flipsRight : flipsLeft;
  return {
    node: node.name,
    weight,
    shape: matrix,
    input,
    bias,
    activation,
    toSiteInput: (x) => (isFlipped ? swapLast(atLeast(x, missing)) : atLeast(x, missing)),
    fromSiteOutput: isLeft ? swapLast : asItIs,
    toSiteOutput: isLeft ? swapLast : asItIs,
  };
}

function flips({ attributes }: GraphNode, side: "a" | "b"): boolean {
  return attributes.flag(`transpose_${side}`) || attributes.flag(side === "a" ? "adj_x" : "adj_y");
}

function matrixShape([rows = 0, columns = 0]: readonly number[], isTransposed: boolean): LinearShape {
  const [inFeatures, outFeatures] = isTransposed ? [columns, rows] : [rows, columns];
  return { kind: "linear", inFeatures, outFeatures, isTransposed };
}

function swapLast(x: tf.Tensor): tf.Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return tf.transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}

/** Adds axes of size 1 to the input, up to the rank of the constant, which is the rank of the product. */
function atLeast(x: tf.Tensor, rank: number): tf.Tensor {
  return x.rank >= rank ? x : tf.reshape(x, [...Array<number>(rank - x.rank).fill(1), ...x.shape]);
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
