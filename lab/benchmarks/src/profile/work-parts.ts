// Sorts operations of both sides into the parts of a step, so that ours and the peer's can be compared.

import type { OperationTime } from "./operation-time.ts";

export const workParts = [
  "products with frozen matrices",
  "head and loss",
  "low-rank products",
  "attention",
  "norms and activations",
  "moving, adding, converting",
  "between the operations",
] as const;

export type WorkPart = (typeof workParts)[number];

/** A product with a side of this size is one of LoRA's: no other size of a benchmark is 8. */
const rank = 8;

const products =
  /^(BatchMatMul|_FusedMatMul|LowrankLinear|LowrankInt8Product|LowrankInt8FeedForward(Gradient)?|aten::(mm|addmm|bmm|matmul|linear|mkldnn_linear))$/;
const head = /CrossEntropy|HeadLoss|aten::(_?log_softmax|nll_loss|cross_entropy)/;
const lowRank = /LowRank/;
const attention = /Attention|Rotary|aten::_?scaled_dot_product/;
const elementwise =
  /Norm|Gelu|Swiglu|Silu|Erf|Tanh|Relu|Softmax|aten::(native_layer_norm|gelu|silu|tanh|pow|rsqrt|mean)/i;

/** The part of a step that an operation belongs to; `vocabulary` distinguishes the head's products from the others. */
export function workPartOf({ operation, shapes }: OperationTime, vocabulary: number): WorkPart {
  if (head.test(operation)) return "head and loss";
  if (lowRank.test(operation)) return "low-rank products";
  if (attention.test(operation)) return "attention";
  if (products.test(operation)) return partOfProduct(shapes, vocabulary);
  return elementwise.test(operation) ? "norms and activations" : "moving, adding, converting";
}

function partOfProduct(shapes: OperationTime["shapes"], vocabulary: number): WorkPart {
  const matrices = shapes.filter((shape) => shape.length >= 2);
  // Where attention is made of products, both factors have a matrix for each head.
  if (matrices.length >= 2 && matrices.every((shape) => shape.length >= 3)) return "attention";
  const sides = matrices.flatMap((shape) => shape.slice(-2));
  if (sides.includes(vocabulary)) return "head and loss";
  return sides.includes(rank) ? "low-rank products" : "products with frozen matrices";
}

/** Operations of torch that only call another operation, which is counted. */
const wrappers = /^aten::(linear|matmul)$/;

/** Floating-point operations of a product, 2·rows·inner·columns; 0 for anything else. */
export function flopOf({ operation, shapes, calls }: OperationTime): number {
  if (!products.test(operation) || wrappers.test(operation)) return 0;
  // torch's addmm has the bias first.
  const [left, right] = shapes.filter((shape) => shape.length >= 2);
  const inner = left?.at(-1) ?? 0;
  if (left === undefined || right === undefined || inner === 0) return 0;
  return calls * 2 * sizeOf(left) * (sizeOf(right.slice(-2)) / inner);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1);
}
