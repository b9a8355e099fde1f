// Rotary position embedding by ONNX Runtime's own operation.

import type * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../../../rows.ts";
import { GraphWriter } from "../kernels/graph.ts";
import { inputOf, type KernelCall } from "../kernels/native-kernel.ts";
import type { NativeTensor } from "../runtime/native-tensor.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";

/** x [batch, heads, time, headSize], cos and sin [time, pairs] or [batch, 1, time, pairs]; `isBackward` rotates back. */
export function rotary(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const [x, cos, sin] = [inputOf(call, "x"), inputOf(call, "cos"), inputOf(call, "sin")];
  const [batch = 0, heads = 0, time = 0, headSize = 0] = x.shape;
  const pairs = cos.shape.at(-1) ?? 0;
  const interleaved = attributes.interleaved === true ? 1 : 0;
  const dims = 2 * pairs === headSize ? 0 : 2 * pairs;
  const session = backend.session(`rotary ${interleaved} ${dims} ${heads}`, () =>
    rotaryGraph(interleaved, dims, heads),
  );
  const sines = backend.floats(sin);
  const table = (values: Float32Array): NativeTensor => ({ values, shape: [values.length / pairs, pairs] });
  const values = backend.pool.take(sizeOf(x.shape));
  backend.run(
    session,
    [
      { values: backend.floats(x), shape: x.shape },
      positionsOf(cos.shape, batch, time),
      table(backend.floats(cos)),
      table(attributes.isBackward === true ? sines.map((value) => -value) : sines),
    ],
    [{ values, shape: x.shape }],
  );
  return [backend.output(x.shape, values)];
}

/** Row of the tables for each position: counted from 0, or listed if each batch item has its own. */
function positionsOf(tableShape: readonly number[], batch: number, time: number): NativeTensor {
  if (tableShape.length === 2 || tableShape[0] === 1) return { values: BigInt64Array.of(0n), shape: [1] };
  return { values: BigInt64Array.from({ length: batch * time }, (_, row) => BigInt(row)), shape: [batch, time] };
}

function rotaryGraph(interleaved: number, dims: number, heads: number): OnnxGraph {
  const g = new GraphWriter([{ name: "x" }, { name: "positions", type: "int64" }, { name: "cos" }, { name: "sin" }]);
  const attributes = { interleaved, rotary_embedding_dim: dims, num_heads: heads };
  return g.finish(g.node("RotaryEmbedding", ["x", "positions", "cos", "sin"], attributes, "com.microsoft"));
}
