// One new token's attention in one graph: it rotates queries and keys, joins the key and the value to the earlier ones, and
// mixes the values. Queries that share a key are the rows of one product.

import type * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../../../../rows.ts";
import { type GraphWriter, graphOf } from "../../kernels/graph.ts";
import { inputOf, type KernelCall } from "../../kernels/native-kernel.ts";
import type { NativeTensor } from "../../runtime/native-tensor.ts";
import type { OnnxGraph } from "../../runtime/onnx-model.ts";

interface Kind {
  readonly isRotated: boolean;
  readonly hasSettled: boolean;
  readonly scale: number;
}

/** → mixed [batch, heads, 1, headSize], and recentKey and recentValue with one position more. */
export function attendNext(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes, inputs } = call;
  const { rotation, settledKey, settledValue } = inputs;
  const query = inputOf(call, "query");
  const recent = inputOf(call, "recentKey");
  const [batch = 1, keyHeads = 1, time = 0, headSize = 1] = recent.shape;
  const lines = batch * keyHeads;
  const lend = (tensor: tf.TensorInfo): NativeTensor => {
    const values = backend.floats(tensor);
    return { values, shape: [lines, values.length / (lines * headSize), headSize] };
  };
  const kind = {
    isRotated: rotation !== undefined,
    hasSettled: settledKey !== undefined,
    scale: Number(attributes.scale),
  };
  const session = backend.session(`attend next ${Object.values(kind).join(" ")}`, () => attendNextGraph(kind));
  const lent = [query, inputOf(call, "key"), inputOf(call, "value"), recent, inputOf(call, "recentValue")].map(lend);
  if (rotation !== undefined) lent.push({ values: backend.floats(rotation), shape: [headSize, headSize] });
  if (settledKey !== undefined && settledValue !== undefined) {
    const times = BigInt64Array.of(BigInt(settledKey.shape[2] ?? 0), BigInt(time + 1));
    lent.push(lend(settledKey), lend(settledValue), { values: times, shape: [2] });
  }
  const longer = [batch, keyHeads, time + 1, headSize];
  const outputs = [query.shape, longer, longer].map((shape) => backend.output(shape, backend.pool.take(sizeOf(shape))));
  backend.run(session, lent, outputs.map(lend));
  return outputs;
}

function attendNextGraph({ isRotated, hasSettled, scale }: Kind): OnnxGraph {
  const g = graphOf(
    ...["query", "key", "value", "recentKey", "recentValue"],
    ...(isRotated ? ["rotation"] : []),
    ...(hasSettled ? ["settledKey", "settledValue"] : []),
  );
  const rotate = (x: string) => (isRotated ? g.product(x, "rotation") : x);
  const query = rotate("query");
  const key = g.node("Concat", ["recentKey", rotate("key")], { axis: 1 });
  const value = g.node("Concat", ["recentValue", "value"], { axis: 1 });
  const scores = (keys: string) => g.product(query, keys, { transB: true, alpha: scale });
  if (!hasSettled) return g.finish(g.product(softmax(g, scores(key)), value), key, value);
  const weights = softmax(g, g.node("Concat", [scores("settledKey"), scores(key)], { axis: 2 }));
  const [older = "", newer = ""] = g.nodes("Split", [weights, "times"], 2, { axis: 2 });
  const graph = g.finish(g.add(g.product(older, "settledValue"), g.product(newer, value)), key, value);
  return { ...graph, inputs: [...graph.inputs, { name: "times", type: "int64" }] };
}

function softmax(g: GraphWriter, scores: string): string {
  return g.node("Softmax", [scores], { axis: -1 });
}
