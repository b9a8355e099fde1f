// The LoRA branch added to a frozen output in one graph, and its gradients in another.

import type * as tf from "@tensorflow/tfjs-core";
import { graphOf } from "../kernels/graph.ts";
import { inputOf, type KernelCall, registerOwnKernel, sizeOf } from "../kernels/native-kernel.ts";
import type { OnnxGraph } from "../onnx-model.ts";
import type { NativeTensor } from "../onnx-runtime.ts";

export function registerLowRank(): void {
  registerOwnKernel("LowrankAddLowRank", addLowRank);
  registerOwnKernel("LowrankAddLowRankGradient", addLowRankGradient);
}

/** output [rows, outFeatures] + scale·(x [rows, inFeatures]·a)·b → [rows, outFeatures]. */
function addLowRank(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const inputs = ["output", "x", "a", "b"].map((name) => inputOf(call, name));
  const shape = inputs[0]?.shape ?? [];
  const session = backend.session("add low rank", addLowRankGraph);
  const values = backend.pool.take(backend.floats(inputOf(call, "output")).length);
  backend.run(
    session,
    [...inputs.map((tensor) => ({ values: backend.floats(tensor), shape: tensor.shape })), scaleOf(attributes)],
    [{ values, shape }],
  );
  return [backend.output(shape, values)];
}

/** An input, not part of the graph: it may be another in each call. */
function scaleOf(attributes: tf.NamedAttrMap): NativeTensor {
  return { values: Float32Array.of(Number(attributes.scale)), shape: [1] };
}

function addLowRankGraph(): OnnxGraph {
  const g = graphOf("output", "x", "a", "b", "scale");
  return g.finish(g.node("Gemm", [g.multiply(g.product("x", "a"), "scale"), "b", "output"]));
}

/**
 * dy [rows, outFeatures], x [rows, inFeatures], a, b → the gradients of scale·x·a [rows, rank], of a and of b. What is left
 * for x's is a product with a, which can be added to what other layers give.
 */
function addLowRankGradient(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const inputs = ["dy", "x", "a", "b"].map((name) => inputOf(call, name));
  const [rows = 0] = inputs[0]?.shape ?? [];
  const [a, b] = [inputOf(call, "a").shape, inputOf(call, "b").shape];
  const session = backend.session("low rank gradient", gradientGraph);
  const outputs = [[rows, b[0] ?? 0], a, b].map((shape) => ({ values: backend.pool.take(sizeOf(shape)), shape }));
  backend.run(
    session,
    [...inputs.map((tensor) => ({ values: backend.floats(tensor), shape: tensor.shape })), scaleOf(attributes)],
    outputs,
  );
  return outputs.map(({ values, shape }) => backend.output(shape, values));
}

function gradientGraph(): OnnxGraph {
  const g = graphOf("dy", "x", "a", "b", "scale");
  const narrow = g.multiply(g.product("dy", "b", { transB: true }), "scale");
  const projected = g.multiply(g.product("x", "a"), "scale");
  return g.finish(narrow, g.product("x", narrow, { transA: true }), g.product(projected, "dy", { transA: true }));
}
