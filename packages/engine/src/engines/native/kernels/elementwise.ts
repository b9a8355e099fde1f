// Entry-by-entry operations, of one tensor or of two that broadcast.

import * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../../../rows.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import { graphOf } from "./graph.ts";
import {
  areFloats,
  inputOf,
  inputsOf,
  type KernelCall,
  registerNativeKernel,
  singleOperation,
} from "./native-kernel.ts";

/** Operations that have the same name in ONNX and TensorFlow.js. */
const ofOne = [
  ...["Exp", "Log", "Sqrt", "Neg", "Abs", "Tanh", "Sigmoid", "Erf", "Elu", "Relu", "Reciprocal"],
  ...["Sin", "Cos", "Floor", "Ceil"],
];

/** TensorFlow.js's kernel → ONNX's operation. */
const ofTwo = { Add: "Add", Sub: "Sub", Multiply: "Mul", RealDiv: "Div", Maximum: "Max", Minimum: "Min" };

export function registerElementwise(): void {
  for (const op of ofOne) registerNativeKernel(op, (call) => unary(call, op, () => singleOperation(op, ["a"])));
  for (const [kernel, op] of Object.entries(ofTwo)) {
    registerNativeKernel(kernel, (call) => binary(call, op, () => singleOperation(op, ["a", "b"])));
  }
  registerNativeKernel("Rsqrt", (call) => unary(call, "Rsqrt", rsqrtGraph));
  registerNativeKernel("Square", (call) => unary(call, "Square", squareGraph));
  registerNativeKernel("SquaredDifference", (call) => binary(call, "SquaredDifference", squaredDifferenceGraph));
  registerNativeKernel("AddN", addAll);
}

function rsqrtGraph(): OnnxGraph {
  const g = graphOf("a");
  return g.finish(g.node("Reciprocal", [g.node("Sqrt", ["a"])]));
}

function squareGraph(): OnnxGraph {
  const g = graphOf("a");
  return g.finish(g.multiply("a", "a"));
}

function squaredDifferenceGraph(): OnnxGraph {
  const g = graphOf("a", "b");
  const difference = g.subtract("a", "b");
  return g.finish(g.multiply(difference, difference));
}

function unary(call: KernelCall, key: string, graph: () => OnnxGraph): tf.TensorInfo | undefined {
  const { backend } = call;
  const x = inputOf(call, "x");
  if (!areFloats(x)) return undefined;
  const shape = [sizeOf(x.shape)];
  const values = backend.pool.take(sizeOf(x.shape));
  backend.run(backend.session(key, graph), [{ values: backend.floats(x), shape }], [{ values, shape }]);
  return backend.output(x.shape, values);
}

function binary(call: KernelCall, key: string, graph: () => OnnxGraph): tf.TensorInfo | undefined {
  const { backend } = call;
  const [a, b] = [inputOf(call, "a"), inputOf(call, "b")];
  if (!areFloats(a, b)) return undefined;
  const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const values = backend.pool.take(sizeOf(shape));
  const inputs = [
    { values: backend.floats(a), shape: a.shape },
    { values: backend.floats(b), shape: b.shape },
  ];
  backend.run(backend.session(key, graph), inputs, [{ values, shape }]);
  return backend.output(shape, values);
}

function addAll(call: KernelCall): tf.TensorInfo | undefined {
  const { backend } = call;
  const terms = inputsOf(call);
  const [first, ...others] = terms;
  if (first === undefined || others.length === 0 || !areFloats(...terms)) return undefined;
  if (!others.every(({ shape }) => tf.util.arraysEqual(shape, first.shape))) return undefined;
  const session = backend.session("Add", () => singleOperation("Add", ["a", "b"]));
  const sum = { values: backend.pool.take(sizeOf(first.shape)), shape: first.shape };
  let soFar = { values: backend.floats(first), shape: first.shape };
  for (const term of others) {
    backend.run(session, [soFar, { values: backend.floats(term), shape: term.shape }], [sum]);
    soFar = sum;
  }
  return backend.output(first.shape, sum.values);
}
