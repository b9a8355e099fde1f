// Layer normalization and root-mean-square normalization with the gradients of their inputs. ONNX's own operation subtracts the
// mean's square from that of x, which loses digits if the mean is large. Therefore it gets x without its mean.

import type * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../../../rows.ts";
import { type GraphWriter, graphOf } from "../kernels/graph.ts";
import { runInPieces } from "../kernels/in-pieces.ts";
import { inputOf, type KernelCall } from "../kernels/native-kernel.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import type { NativeSession } from "../runtime/onnx-runtime.ts";

/** x [..., features], gain, bias → y [..., features], mean [..., 1], inverse [..., 1] (one over the deviation). */
export function layerNorm(call: KernelCall): tf.TensorInfo[] {
  const epsilon = Number(call.attributes.epsilon);
  const session = call.backend.session(`layer norm ${epsilon}`, () => layerNormGraph(epsilon));
  return byRows(call, session, ["x", "gain", "bias"]);
}

function layerNormGraph(epsilon: number): OnnxGraph {
  const g = graphOf("x", "gain", "bias");
  const mean = g.rowMean("x");
  const attributes = { epsilon: { float: epsilon }, axis: -1 };
  const inputs = [g.subtract("x", mean), "gain", "bias"];
  const [y = "", , inverse = ""] = g.nodes("LayerNormalization", inputs, 3, attributes);
  return g.finish(y, mean, inverse);
}

/** dy, x, gain, mean, inverse, and a term of x's shape or none → dx plus the term. */
export function layerNormGradient(call: KernelCall): tf.TensorInfo[] {
  const names = ["dy", "x", "gain", "mean", "inverse", ...termOf(call)];
  const session = call.backend.session(`layer norm gradient ${names.length}`, () => layerNormGradientGraph(names));
  return byRows(call, session, names);
}

function termOf({ inputs }: KernelCall): readonly string[] {
  return inputs.term === undefined ? [] : ["term"];
}

function layerNormGradientGraph(names: readonly string[]): OnnxGraph {
  const g = graphOf(...names);
  const normalized = g.multiply(g.subtract("x", "mean"), "inverse");
  const gradient = g.multiply("dy", "gain");
  const along = g.multiply(normalized, g.rowMean(g.multiply(gradient, normalized)));
  const rest = g.subtract(g.subtract(gradient, g.rowMean(gradient)), along);
  return finishSum(g, g.multiply(rest, "inverse"), names);
}

function finishSum(g: GraphWriter, gradient: string, names: readonly string[]): OnnxGraph {
  return g.finish(names.includes("term") ? g.add(gradient, "term") : gradient);
}

/** x [..., features], gain → y [..., features], inverse [..., 1]. */
export function rmsNorm(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const [epsilon, offset] = [Number(attributes.epsilon), Number(attributes.gainOffset)];
  const session = backend.session(`rms norm ${epsilon} ${offset}`, () => rmsNormGraph(epsilon, offset));
  const x = inputOf(call, "x");
  const { rows, features, columnShape } = sizesOf(x);
  const gain = { values: backend.floats(inputOf(call, "gain")), shape: [features] };
  const y = { values: backend.pool.take(rows * features), shape: [rows, features] };
  const inverse = { values: backend.pool.take(rows), shape: [rows, 1] };
  backend.run(session, [{ values: backend.floats(x), shape: y.shape }, gain], [y, inverse]);
  return [backend.output(x.shape, y.values), backend.output(columnShape, inverse.values)];
}

/** ONNX Runtime's own operation: no mean is subtracted here, so it loses no digits. */
function rmsNormGraph(epsilon: number, offset: number): OnnxGraph {
  const g = graphOf("x", "gain");
  const gain = offset === 0 ? "gain" : g.shift("gain", offset);
  const attributes = { epsilon: { float: epsilon }, axis: -1 };
  return g.finish(...g.nodes("SimplifiedLayerNormalization", ["x", gain], 2, attributes));
}

/** dy, x, gain, inverse, and a term of x's shape or none → dx plus the term. */
export function rmsNormGradient(call: KernelCall): tf.TensorInfo[] {
  const offset = Number(call.attributes.gainOffset);
  const names = ["dy", "x", "gain", "inverse", ...termOf(call)];
  const graph = () => rmsNormGradientGraph(names, offset);
  return byRows(call, call.backend.session(`rms norm gradient ${names.length} ${offset}`, graph), names);
}

function rmsNormGradientGraph(names: readonly string[], offset: number): OnnxGraph {
  const g = graphOf(...names);
  const gradient = g.multiply("dy", offset === 0 ? "gain" : g.shift("gain", offset));
  const mean = g.rowMean(g.multiply(gradient, "x"));
  const along = g.multiply(mean, g.multiply("inverse", "inverse"));
  return finishSum(g, g.multiply(g.subtract(gradient, g.multiply("x", along)), "inverse"), names);
}

/** Runs a graph of rows: its first output has x's shape, the others a number for each row. Gain and bias are all rows'. */
function byRows(call: KernelCall, session: NativeSession, names: readonly string[]): tf.TensorInfo[] {
  const { backend } = call;
  const x = inputOf(call, "x");
  const { rows, features, columnShape } = sizesOf(x);
  const inputs = names.map((name) => {
    const values = backend.floats(inputOf(call, name));
    return name === "gain" || name === "bias" ? { values, shape: [features] } : { values, width: values.length / rows };
  });
  const outputs = session.outputs.map((_, index) => {
    const width = index === 0 ? features : 1;
    return { values: backend.pool.take(rows * width), width };
  });
  runInPieces(backend, session, rows, inputs, outputs);
  return outputs.map(({ values }, index) => backend.output(index === 0 ? x.shape : columnShape, values));
}

function sizesOf({ shape }: tf.TensorInfo) {
  const features = shape.at(-1) ?? 1;
  return { rows: sizeOf(shape) / features, features, columnShape: [...shape.slice(0, -1), 1] };
}
