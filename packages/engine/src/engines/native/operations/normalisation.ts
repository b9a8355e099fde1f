// Layer normalisation and root-mean-square normalisation with the gradients of their inputs. ONNX's own operation
// subtracts the mean's square from that of x, which loses digits where the mean is large: it gets x without its mean.

import type * as tf from "@tensorflow/tfjs-core";
import { graphOf } from "../kernels/graph.ts";
import { runInPieces } from "../kernels/in-pieces.ts";
import { inputOf, type KernelCall, registerOwnKernel, sizeOf } from "../kernels/native-kernel.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";

export function registerNormalisation(): void {
  registerOwnKernel("LowrankLayerNorm", layerNorm);
  registerOwnKernel("LowrankLayerNormGradient", layerNormGradient);
  registerOwnKernel("LowrankRmsNorm", rmsNorm);
  registerOwnKernel("LowrankRmsNormGradient", rmsNormGradient);
}

/** x [..., features], gain, bias → y [..., features], mean [..., 1], inverse [..., 1] (one over the deviation). */
function layerNorm(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const epsilon = Number(attributes.epsilon);
  const { rows, features, columnShape } = sizesOf(inputOf(call, "x"));
  const x = inputOf(call, "x");
  const session = backend.session(`layer norm ${epsilon}`, () => layerNormGraph(epsilon));
  const y = backend.pool.take(rows * features);
  const mean = backend.pool.take(rows);
  const inverse = backend.pool.take(rows);
  runInPieces(
    backend,
    session,
    rows,
    [
      { values: backend.floats(x), width: features },
      { values: backend.floats(inputOf(call, "gain")), shape: [features] },
      { values: backend.floats(inputOf(call, "bias")), shape: [features] },
    ],
    [
      { values: y, width: features },
      { values: mean, width: 1 },
      { values: inverse, width: 1 },
    ],
  );
  return [backend.output(x.shape, y), backend.output(columnShape, mean), backend.output(columnShape, inverse)];
}

function layerNormGraph(epsilon: number): OnnxGraph {
  const g = graphOf("x", "gain", "bias");
  const mean = g.rowMean("x");
  const attributes = { epsilon: { float: epsilon }, axis: -1 };
  const [y = "", , inverse = ""] = g.nodes(
    "LayerNormalization",
    [g.subtract("x", mean), "gain", "bias"],
    3,
    attributes,
  );
  return g.finish(y, mean, inverse);
}

/** dy, x, gain, mean, inverse → dx. */
function layerNormGradient(call: KernelCall): tf.TensorInfo[] {
  return normGradient(call, "layer norm gradient", layerNormGradientGraph, ["mean", "inverse"]);
}

function layerNormGradientGraph(): OnnxGraph {
  const g = graphOf("dy", "x", "gain", "mean", "inverse");
  const normalised = g.multiply(g.subtract("x", "mean"), "inverse");
  const gradient = g.multiply("dy", "gain");
  const along = g.multiply(normalised, g.rowMean(g.multiply(gradient, normalised)));
  const rest = g.subtract(g.subtract(gradient, g.rowMean(gradient)), along);
  return g.finish(g.multiply(rest, "inverse"));
}

/** x [..., features], gain → y [..., features], inverse [..., 1]. */
function rmsNorm(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const [epsilon, offset] = [Number(attributes.epsilon), Number(attributes.gainOffset)];
  const x = inputOf(call, "x");
  const { rows, features, columnShape } = sizesOf(x);
  const session = backend.session(`rms norm ${epsilon} ${offset}`, () => rmsNormGraph(epsilon, offset));
  const y = backend.pool.take(rows * features);
  const inverse = backend.pool.take(rows);
  backend.run(
    session,
    [
      { values: backend.floats(x), shape: [rows, features] },
      { values: backend.floats(inputOf(call, "gain")), shape: [features] },
    ],
    [
      { values: y, shape: [rows, features] },
      { values: inverse, shape: [rows, 1] },
    ],
  );
  return [backend.output(x.shape, y), backend.output(columnShape, inverse)];
}

/** ONNX Runtime's own operation: no mean is subtracted here, so it loses no digits. */
function rmsNormGraph(epsilon: number, offset: number): OnnxGraph {
  const g = graphOf("x", "gain");
  const gain = offset === 0 ? "gain" : g.shift("gain", offset);
  const attributes = { epsilon: { float: epsilon }, axis: -1 };
  return g.finish(...g.nodes("SimplifiedLayerNormalization", ["x", gain], 2, attributes));
}

/** dy, x, gain, inverse → dx. */
function rmsNormGradient(call: KernelCall): tf.TensorInfo[] {
  const offset = Number(call.attributes.gainOffset);
  return normGradient(call, `rms norm gradient ${offset}`, () => rmsNormGradientGraph(offset), ["inverse"]);
}

function rmsNormGradientGraph(offset: number): OnnxGraph {
  const g = graphOf("dy", "x", "gain", "inverse");
  const gradient = g.multiply("dy", offset === 0 ? "gain" : g.shift("gain", offset));
  const mean = g.rowMean(g.multiply(gradient, "x"));
  const along = g.multiply(mean, g.multiply("inverse", "inverse"));
  return g.finish(g.multiply(g.subtract(gradient, g.multiply("x", along)), "inverse"));
}

function normGradient(
  call: KernelCall,
  key: string,
  graph: () => OnnxGraph,
  columns: readonly string[],
): tf.TensorInfo[] {
  const { backend } = call;
  const x = inputOf(call, "x");
  const { rows, features } = sizesOf(x);
  const dx = backend.pool.take(rows * features);
  runInPieces(
    backend,
    backend.session(key, graph),
    rows,
    [
      { values: backend.floats(inputOf(call, "dy")), width: features },
      { values: backend.floats(x), width: features },
      { values: backend.floats(inputOf(call, "gain")), shape: [features] },
      ...columns.map((name) => ({ values: backend.floats(inputOf(call, name)), width: 1 })),
    ],
    [{ values: dx, width: features }],
  );
  return [backend.output(x.shape, dx)];
}

function sizesOf({ shape }: tf.TensorInfo) {
  const features = shape.at(-1) ?? 1;
  return { rows: sizeOf(shape) / features, features, columnShape: [...shape.slice(0, -1), 1] };
}
