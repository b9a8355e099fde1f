// The LoRA branch added to a frozen output in one graph.

import type * as tf from "@tensorflow/tfjs-core";
import { graphOf } from "../kernels/graph.ts";
import { inputOf, type KernelCall, registerOwnKernel } from "../kernels/native-kernel.ts";
import type { OnnxGraph } from "../onnx-model.ts";

export function registerLowRank(): void {
  registerOwnKernel("LowrankAddLowRank", addLowRank);
}

/** output [rows, outFeatures] + scale·(x [rows, inFeatures]·a)·b → [rows, outFeatures]. */
function addLowRank(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const scale = Number(attributes.scale);
  const inputs = ["output", "x", "a", "b"].map((name) => inputOf(call, name));
  const shape = inputs[0]?.shape ?? [];
  const session = backend.session(`add low rank ${scale}`, () => addLowRankGraph(scale));
  const values = backend.pool.take(backend.floats(inputOf(call, "output")).length);
  backend.run(
    session,
    inputs.map((tensor) => ({ values: backend.floats(tensor), shape: tensor.shape })),
    [{ values, shape }],
  );
  return [backend.output(shape, values)];
}

function addLowRankGraph(scale: number): OnnxGraph {
  const g = graphOf("output", "x", "a", "b");
  return g.finish(g.node("Gemm", [g.product("x", "a", { alpha: scale }), "b", "output"]));
}
