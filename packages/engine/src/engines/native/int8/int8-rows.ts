// Rows of a factor in 8 bits, each divided by its largest magnitude and rounded to 255 steps.

import { graphOf } from "../kernels/graph.ts";
import type { NativeBackend } from "../native-backend.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import type { NativeTensor } from "../runtime/onnx-runtime.ts";
import { largestOfRows } from "./largest-of-rows.ts";
import { zeroPoint } from "./product-session.ts";

/** Rows → codes, and the number that a code of 1 stands for in each row. */
export function roundingGraph(hasInnerScales: boolean): OnnxGraph {
  const g = graphOf("x", ...(hasInnerScales ? ["scales"] : []));
  const x = hasInnerScales ? g.multiply("x", "scales") : "x";
  const factor = g.scale(largestOfRows(g, x), 1 / 127);
  const codes = g.node("QuantizeLinear", [g.divide(x, factor), "one", "zero"]);
  return {
    ...g.finish(codes, factor),
    outputTypes: { [codes]: "uint8" },
    constants: [
      { name: "one", type: "float32", shape: [], values: Float32Array.of(1) },
      { name: "zero", type: "uint8", shape: [], values: Uint8Array.of(zeroPoint) },
    ],
  };
}

/** x [rows, inner] rounded. The codes stay until others are asked for, the factors [rows, 1] until they are freed. */
export function int8Rows(backend: NativeBackend, x: NativeTensor) {
  const [rows = 0, inner = 0] = x.shape;
  const session = backend.session("int8 rows false", () => roundingGraph(false));
  const codes = { values: backend.int8Weights.codes(rows * inner).subarray(0, rows * inner), shape: [rows, inner] };
  const values = backend.pool.take(rows);
  const factors = { values, shape: [rows, 1] };
  backend.run(session, [x], [codes, factors]);
  return { codes, factors, free: () => backend.pool.give(values) };
}
