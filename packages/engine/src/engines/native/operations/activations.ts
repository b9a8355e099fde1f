// GELU, SiLU and the gated activations, with their gradients; each in one pass over memory.

import type * as tf from "@tensorflow/tfjs-core";
import { graphOf } from "../kernels/graph.ts";
import { runFlat } from "../kernels/in-pieces.ts";
import { inputOf, type KernelCall } from "../kernels/native-kernel.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";

export const activationKernels = {
  LowrankGeluTanh: entrywise("gelu tanh", ["x"], () => geluGraph("tanh")),
  LowrankGeluErf: entrywise("gelu erf", ["x"], () => geluGraph("none")),
  LowrankGeluTanhGradient: entrywise("gelu tanh gradient", ["dy", "x"], geluTanhGradient),
  LowrankGeluErfGradient: entrywise("gelu erf gradient", ["dy", "x"], geluErfGradient),
  LowrankSilu: entrywise("silu", ["x"], siluGraph),
  LowrankSiluGradient: entrywise("silu gradient", ["dy", "x"], siluGradient),
  LowrankSwiglu: entrywise("swiglu", ["gate", "up"], swigluGraph),
  LowrankSwigluGradient: entrywise("swiglu gradient", ["dy", "gate", "up"], swigluGradient),
};

/** A kernel whose inputs and outputs all have one shape; `key` is its session's. */
function entrywise(key: string, inputs: readonly string[], graph: () => OnnxGraph) {
  return (call: KernelCall): tf.TensorInfo[] => {
    const { backend } = call;
    const tensors = inputs.map((input) => inputOf(call, input));
    const values = tensors.map((tensor) => backend.floats(tensor));
    const session = backend.session(key, graph);
    const outputs = session.outputs.map(() => backend.pool.take(values[0]?.length ?? 0));
    runFlat(backend, session, values, outputs);
    return outputs.map((output) => backend.output(tensors[0]?.shape ?? [], output));
  };
}

function geluGraph(approximate: "tanh" | "none"): OnnxGraph {
  const g = graphOf("x");
  return g.finish(g.node("Gelu", ["x"], { approximate }));
}

const cubic = 0.044715;
const doubledRoot = 2 * Math.sqrt(2 / Math.PI);

/** With g = σ(x·(r + c·r·x²)) and r = 2√(2/π): the derivative of x·g is g·(1 + x·(r + 3·c·r·x²)·(1 − g)). */
function geluTanhGradient(): OnnxGraph {
  const g = graphOf("dy", "x");
  const square = g.multiply("x", "x");
  const gate = g.sigmoid(g.multiply("x", g.shift(g.scale(square, cubic * doubledRoot), doubledRoot)));
  const gradient = g.multiply("x", g.shift(g.scale(square, 3 * cubic * doubledRoot), doubledRoot));
  const rest = g.subtract(g.constant(1), gate);
  return g.finish(g.multiply(g.multiply(gate, g.shift(g.multiply(gradient, rest), 1)), "dy"));
}

/** The derivative of x·Φ(x) is Φ(x) + x·φ(x). */
function geluErfGradient(): OnnxGraph {
  const g = graphOf("dy", "x");
  const distribution = g.scale(g.shift(g.node("Erf", [g.scale("x", Math.SQRT1_2)]), 1), 0.5);
  const density = g.node("Exp", [g.scale(g.multiply("x", "x"), -0.5)]);
  const weighted = g.scale(g.multiply("x", density), 1 / Math.sqrt(2 * Math.PI));
  return g.finish(g.multiply(g.add(distribution, weighted), "dy"));
}

function siluGraph(): OnnxGraph {
  const g = graphOf("x");
  return g.finish(g.node("QuickGelu", ["x"], { alpha: { float: 1 } }, "com.microsoft"));
}

/** σ(x)·(1 + x·(1 − σ(x))) */
function siluGradient(): OnnxGraph {
  const g = graphOf("dy", "x");
  const gate = g.sigmoid("x");
  const gradient = g.shift(g.multiply("x", g.subtract(g.constant(1), gate)), 1);
  return g.finish(g.multiply(g.multiply(gate, gradient), "dy"));
}

function swigluGraph(): OnnxGraph {
  const g = graphOf("gate", "up");
  return g.finish(g.multiply(g.node("QuickGelu", ["gate"], { alpha: { float: 1 } }, "com.microsoft"), "up"));
}

/** Gradients of silu(gate)·up for gate and for up. */
function swigluGradient(): OnnxGraph {
  const g = graphOf("dy", "gate", "up");
  const sigmoid = g.sigmoid("gate");
  const activated = g.multiply("gate", sigmoid);
  const derivative = g.add(sigmoid, g.multiply(activated, g.subtract(g.constant(1), sigmoid)));
  const forGate = g.multiply(g.multiply("dy", "up"), derivative);
  return g.finish(forGate, g.multiply("dy", activated));
}
