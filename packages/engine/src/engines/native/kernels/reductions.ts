// Sums, means, maxima and softmax along axes.

import * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../../../rows.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import { GraphWriter } from "./graph.ts";
import { areFloats, inputOf, type KernelCall, registerNativeKernel, singleOperation } from "./native-kernel.ts";

export function registerReductions(): void {
  for (const kernel of ["Sum", "Mean", "Max", "Min"])
    registerNativeKernel(kernel, (call) => reduce(call, `Reduce${kernel}`));
  registerNativeKernel("Softmax", softmax);
}

function reduce(call: KernelCall, op: string): tf.TensorInfo | undefined {
  const { backend, attributes } = call;
  const x = inputOf(call, "x");
  if (!areFloats(x)) return undefined;
  const axisAttribute = attributes.axis ?? attributes.reductionIndices;
  const axes = tf.util.parseAxisParam(isAxes(axisAttribute) ? axisAttribute : x.shape.map((_, axis) => axis), x.shape);
  if (axes.length === 0 || new Set(axes).size !== axes.length) return undefined;
  const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const values = backend.pool.take(sizeOf(shape));
  const session = backend.session(op, () => reductionGraph(op));
  const axesTensor = { values: BigInt64Array.from(axes, BigInt), shape: [axes.length] };
  backend.run(session, [{ values: backend.floats(x), shape: x.shape }, axesTensor], [{ values, shape }]);
  const outputShape = attributes.keepDims === true ? shape : x.shape.filter((_, axis) => !axes.includes(axis));
  return backend.output(outputShape, values);
}

function isAxes(value: unknown): value is number | number[] {
  return typeof value === "number" || Array.isArray(value);
}

function reductionGraph(op: string): OnnxGraph {
  const g = new GraphWriter([{ name: "a" }, { name: "axes", type: "int64" }]);
  const reduce = (by: string, x: string) => g.node(by, [x, "axes"], { keepdims: 1 });
  const result = reduce(op, "a");
  if (op !== "ReduceMax" && op !== "ReduceMin") return g.finish(result);
  // These two ignore a NaN unless it comes first; TensorFlow.js's kernels return NaN wherever it is.
  const hasNaN = reduce("ReduceMax", g.node("IsNaN", ["a"]));
  return g.finish(g.node("Where", [hasNaN, g.constant(Number.NaN), result]));
}

function softmax(call: KernelCall): tf.TensorInfo | undefined {
  const { backend, attributes } = call;
  const logits = inputOf(call, "logits");
  const { shape } = logits;
  const isLast = Number(attributes.dim) === -1 || Number(attributes.dim) === shape.length - 1;
  if (!areFloats(logits) || shape.length === 0 || !isLast) return undefined;
  const values = backend.pool.take(sizeOf(shape));
  const session = backend.session("Softmax", () => singleOperation("Softmax", ["a"], { axis: -1 }));
  backend.run(session, [{ values: backend.floats(logits), shape }], [{ values, shape }]);
  return backend.output(shape, values);
}
