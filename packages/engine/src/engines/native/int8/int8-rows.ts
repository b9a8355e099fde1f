// Rows of a factor in 8 bits, each divided by its largest magnitude and rounded to 255 steps.

import { type GraphWriter, graphOf } from "../kernels/graph.ts";
import type { NativeBackend } from "../native-backend.ts";
import type { NativeTensor } from "../runtime/native-tensor.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import { largestOfRows } from "./native-rounding.ts";
import { zeroPoint } from "./product-session.ts";

/** Rows → codes, and the scale of each row. */
export function roundingGraph(hasInnerScales: boolean): OnnxGraph {
  const g = graphOf("x", ...(hasInnerScales ? ["scales"] : []));
  const x = hasInnerScales ? g.multiply("x", "scales") : "x";
  const factor = g.scale(largestOfRows(g, x), 1 / 127);
  const codes = codesOfRows(g, x, factor);
  return finishCodes(g, [codes, factor], { codes, zero: Uint8Array.of(zeroPoint) });
}

/** The graph with these outputs, of which `codes` come from `codesOfRows`; `zero` is the code of 0, in their type. */
export function finishCodes(
  g: GraphWriter,
  outputs: readonly string[],
  { codes, zero }: { readonly codes: string; readonly zero: Uint8Array | Int8Array },
): OnnxGraph {
  const type = zero instanceof Int8Array ? "int8" : "uint8";
  const constants = [{ name: "zero", type, shape: [], values: zero } as const];
  return { ...g.finish(...outputs), outputTypes: { [codes]: type }, constants };
}

/** With a scale for each row the operation divides as well: a pass over x less, and a third of the time. */
export function codesOfRows(g: GraphWriter, x: string, factors: string): string {
  const scales = g.node("Reshape", [factors, g.integers([-1])]);
  const zeros = g.node("Expand", ["zero", g.node("Shape", [scales])]);
  return g.node("QuantizeLinear", [x, scales, zeros], { axis: 0 });
}

/** x [rows, inner] rounded, in memory that the next call uses again. */
export function int8Rows(backend: NativeBackend, x: NativeTensor) {
  const [rows = 0, inner = 0] = x.shape;
  const session = backend.session("int8 rows false", () => roundingGraph(false));
  const room = backend.int8Weights.recentRows.room(rows, inner);
  const [codes, factors] = [
    { values: room.codes, shape: [rows, inner] },
    { values: room.factors, shape: [rows, 1] },
  ];
  backend.run(session, [x], [codes, factors]);
  return { codes, factors };
}
