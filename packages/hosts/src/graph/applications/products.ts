// Products with a constant: MatMul, its fused form, and the batched ones. A constant on the left is the same layer with the last two
// axes of all tensors swapped.

import * as tf from "@tensorflow/tfjs-core";
import type { GraphNode } from "../reading/graph.ts";
import { fusedWith } from "./activation.ts";
import { type Application, asItIs, type Constants, type LinearShape, type Refusal, refusal } from "./application.ts";

/** MatMul, _FusedMatMul, BatchMatMul, BatchMatMulV2. */
export function recognizeProduct(node: GraphNode, constants: Constants): Application | Refusal | undefined {
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
