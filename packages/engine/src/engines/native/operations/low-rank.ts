// The LoRA branch added to a frozen output in one graph, and its gradients in another.

import type * as tf from "@tensorflow/tfjs-core";
import { graphOf } from "../kernels/graph.ts";
import { inputOf, type KernelCall, registerOwnKernel, sizeOf } from "../kernels/native-kernel.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import type { NativeTensor } from "../runtime/onnx-runtime.ts";

export function registerLowRank(): void {
  registerOwnKernel("LowrankAddLowRank", addLowRank);
  registerOwnKernel("LowrankAddLowRankGradient", addLowRankGradient);
}

/**
 * output [..., outFeatures] + scale·(x [..., inFeatures]·a)·b → as output, and in its memory if `mayReuseOutput` is true and
 * nobody else can see that.
 */
function addLowRank(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const output = inputOf(call, "output");
  const inputs = [rowsOf(call, "output"), rowsOf(call, "x"), wholeOf(call, "a"), wholeOf(call, "b")];
  const size = sizeOf(output.shape);
  const reused = attributes.mayReuseOutput === true ? backend.reuse(output, size) : undefined;
  const result = reused ?? backend.output(output.shape, backend.pool.take(size));
  const session = backend.session("add low rank", addLowRankGraph);
  const shape = [size / (output.shape.at(-1) ?? 1), output.shape.at(-1) ?? 1];
  backend.run(session, [...inputs, scaleOf(attributes)], [{ values: backend.floats(result), shape }]);
  return [result];
}

/** An input [..., features] as [rows, features]. */
function rowsOf(call: KernelCall, name: string): NativeTensor {
  const input = inputOf(call, name);
  const values = call.backend.floats(input);
  const features = input.shape.at(-1) ?? 1;
  return { values, shape: [values.length / features, features] };
}

function wholeOf(call: KernelCall, name: string): NativeTensor {
  const input = inputOf(call, name);
  return { values: call.backend.floats(input), shape: input.shape };
}

/** An input, not part of the graph: it may be another in each call. */
function scaleOf(attributes: tf.NamedAttrMap): NativeTensor {
  return { values: Float32Array.of(Number(attributes.scale)), shape: [1] };
}

function addLowRankGraph(): OnnxGraph {
  const g = graphOf("output", "x", "a", "b", "scale");
  return g.finish(g.add(g.product(g.multiply(g.product("x", "a"), "scale"), "b"), "output"));
}

/**
 * dy [..., outFeatures], x [..., inFeatures], a, b → the gradients of scale·x·a [rows, rank], of a and of b. What is left
 * for x's is a product with a, which can be added to what other layers give.
 */
function addLowRankGradient(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const [dy, a, b] = [rowsOf(call, "dy"), wholeOf(call, "a"), wholeOf(call, "b")];
  const session = backend.session("low rank gradient", gradientGraph);
  const outputs = [[dy.shape[0] ?? 0, b.shape[0] ?? 0], a.shape, b.shape].map((shape) => ({
    values: backend.pool.take(sizeOf(shape)),
    shape,
  }));
  backend.run(session, [dy, rowsOf(call, "x"), a, b, scaleOf(attributes)], outputs);
  return outputs.map(({ values, shape }) => backend.output(shape, values));
}

function gradientGraph(): OnnxGraph {
  const g = graphOf("dy", "x", "a", "b", "scale");
  const narrow = g.multiply(g.product("dy", "b", { transB: true }), "scale");
  const projected = g.multiply(g.product("x", "a"), "scale");
  return g.finish(narrow, g.product("x", narrow, { transA: true }), g.product(projected, "dy", { transA: true }));
}
