// One matrix of 8 bits as the constant of a graph that multiplies by it.

import { GraphWriter } from "../kernels/graph.ts";
import type { OnnxConstant, OnnxGraph } from "../runtime/onnx-model.ts";
import type { NativeSession, OnnxRuntime } from "../runtime/onnx-runtime.ts";
import type { Packing } from "../runtime/packing.ts";

/** The zero point of unsigned bytes: the library's fast products take signed bytes on the right side only. */
export const zeroPoint = 128;

/** A session with rows of unsigned bytes [rows, inner], of which `zero` is 0, times codes [inner, columns], each column times its scale. */
export function productSession(
  runtime: OnnxRuntime,
  codes: Int8Array,
  { inner, packing, zero = zeroPoint }: { readonly inner: number; readonly packing?: Packing; readonly zero?: number },
): NativeSession {
  const graph = productGraph(codes, inner, zero);
  const shared = packing && { packing, constants: graph.constants.filter(({ name }) => name === "weight") };
  return runtime.createSession(graph, { skipsArena: true, shared });
}

function productGraph(
  codes: Int8Array,
  inner: number,
  zero: number,
): OnnxGraph & { readonly constants: readonly OnnxConstant[] } {
  const g = new GraphWriter([{ name: "rows", type: "uint8" }, { name: "scales" }]);
  const weight: OnnxConstant = { name: "weight", type: "int8", shape: [inner, codes.length / inner], values: codes };
  const product = integerProduct(g, { left: "rows", right: "weight", scales: "scales" });
  return { ...g.finish(product), constants: [weight, ...integerConstants(zero)] };
}

/** Unsigned codes times signed ones, each column times its scale, or unscaled; the graph needs `integerConstants`. */
export function integerProduct(
  g: GraphWriter,
  { left, right, scales = "one" }: { readonly left: string; readonly right: string; readonly scales?: string },
): string {
  return g.node("MatMulIntegerToFloat", [left, right, "one", scales, "zero"], {}, "com.microsoft");
}

/** For `integerProduct` with unsigned codes of which `zero` is 0. */
export function integerConstants(zero = zeroPoint): readonly OnnxConstant[] {
  return [
    { name: "one", type: "float32", shape: [], values: Float32Array.of(1) },
    { name: "zero", type: "uint8", shape: [], values: Uint8Array.of(zero) },
  ];
}
