// Attention of rows whose weights do not fit into the cache: heads are transposed to follow one another, once for all rows
// of a group, and then computed a few at a time, like those of a batch.

import { graphOf } from "../../kernels/graph.ts";
import type { NativeTensor } from "../../runtime/native-tensor.ts";
import type { OnnxGraph } from "../../runtime/onnx-model.ts";
import { attendHeads, attendHeadsGradient, type HeadsCall, type Triple } from "./attention.ts";

/** How some rows of one length are computed. */
export type LongRows = Omit<HeadsCall, "sizes">;

/** Views of query, key and value, or of their gradients, [rows, time, keyHeads, shared, size] each. */
export type Views = readonly [NativeTensor, NativeTensor, NativeTensor];

/** Writes the output [rows, time, keyHeads, shared, size]. */
export function attendLong(call: LongRows, views: Views, output: NativeTensor): void {
  const { pool } = call.backend;
  const inputs = views.map((view) => headsFirst(call, view)) as Triple;
  const mixed = pool.take(output.values.length);
  attendHeads(headsCall(call, views), inputs, mixed);
  timeFirst(call, mixed, output);
  for (const values of [...inputs, mixed]) pool.give(values);
}

/** The same views and dy → writes the gradients of query, key and value. */
export function attendLongGradient(call: LongRows, views: readonly [...Views, NativeTensor], gradients: Views): void {
  const { pool } = call.backend;
  const [query, key, value] = views;
  const inputs = views.map((view) => headsFirst(call, view)) as [...Triple, Float32Array];
  const dInputs = gradients.map(({ values }) => pool.take(values.length)) as Triple;
  attendHeadsGradient(headsCall(call, [query, key, value]), inputs, dInputs);
  gradients.forEach((gradient, index) => {
    timeFirst(call, dInputs[index] as Float32Array, gradient); // one of each
  });
  for (const values of [...inputs, ...dInputs]) pool.give(values);
}

function headsCall(call: LongRows, [query, , value]: Views): HeadsCall {
  const [rows = 0, time = 0, keyHeads = 0, shared = 0, headSize = 0] = query.shape;
  const sizes = {
    batch: rows,
    heads: keyHeads * shared,
    keyHeads,
    queryTime: time,
    keyTime: time,
    headSize,
    valueSize: value.shape[4] ?? 0,
    groupRows: shared * time,
  };
  return { ...call, sizes };
}

/** [rows, time, keyHeads, shared, size] → [rows, keyHeads, shared, time, size] */
function headsFirst({ backend }: LongRows, { values, shape }: NativeTensor): Float32Array {
  const [rows = 0, time = 0, keyHeads = 0, shared = 0, size = 0] = shape;
  const result = backend.pool.take(values.length);
  const session = backend.session("heads turned", () => transposeGraph([0, 2, 3, 1, 4]));
  backend.run(session, [{ values, shape }], [{ values: result, shape: [rows, keyHeads, shared, time, size] }]);
  return result;
}

function timeFirst({ backend }: LongRows, values: Float32Array, output: NativeTensor): void {
  const [rows = 0, time = 0, keyHeads = 0, shared = 0, size = 0] = output.shape;
  const session = backend.session("heads turned back", () => transposeGraph([0, 3, 1, 2, 4]));
  backend.run(session, [{ values, shape: [rows, keyHeads, shared, time, size] }], [output]);
}

function transposeGraph(perm: readonly number[]): OnnxGraph {
  const g = graphOf("x");
  return g.finish(g.node("Transpose", ["x"], { perm }));
}
