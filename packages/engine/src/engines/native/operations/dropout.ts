// Dropout, and a term that is added to it, in pieces: the factors of a piece are drawn into the kernel's memory, and read
// there while they are still in the processor's cache.

import type * as tf from "@tensorflow/tfjs-core";
import { drawIn } from "../../../kernels/drop-entries.ts";
import { dropoutMask } from "../../../random/masks/dropout-mask.ts";
import { graphOf } from "../kernels/graph.ts";
import { inputOf, type KernelCall } from "../kernels/native-kernel.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";

const pieceEntries = 128 * 1024;

/** x of any shape → its entries times their factors, plus `term` of the same size. */
export function dropout(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes, inputs } = call;
  const x = inputOf(call, "x");
  const sources = [x, ...(inputs.term === undefined ? [] : [inputs.term])].map((tensor) => backend.floats(tensor));
  const count = sources[0]?.length ?? 0;
  const output = backend.pool.take(count);
  const mask = dropoutMask(drawIn(attributes));
  const hasTerm = sources.length === 2;
  const session = backend.session(`dropout ${hasTerm}`, () => dropoutGraph(hasTerm));
  for (let first = 0; first < count; first += pieceEntries) {
    const size = Math.min(pieceEntries, count - first);
    const flat = (values: Float32Array) => ({ values: values.subarray(first, first + size), shape: [size] });
    const factors = { values: mask.factors({ first, count: size }), shape: [size] };
    backend.run(session, [factors, ...sources.map(flat)], [flat(output)]);
  }
  return [backend.output(x.shape, output)];
}

function dropoutGraph(hasTerm: boolean): OnnxGraph {
  const g = graphOf("factors", "x", ...(hasTerm ? ["term"] : []));
  const dropped = g.multiply("x", "factors");
  return g.finish(hasTerm ? g.add(dropped, "term") : dropped);
}
