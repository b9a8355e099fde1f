// Rounds float32 matrices to 8 bits with the library, three times as fast as loops in JavaScript. A run waits for this once,
// and its base has a hundred million weights. The result is `packInt8`'s to the bit.

import type { Int8Matrix, MatrixShape } from "../../../packed/int8-matrix.ts";
import { GraphWriter, graphOf } from "../kernels/graph.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import type { NativeSession, OnnxRuntime } from "../runtime/onnx-runtime.ts";

export class NativeRounding {
  readonly #runtime: OnnxRuntime;
  readonly #sessions = new Map<string, NativeSession>();

  constructor(runtime: OnnxRuntime) {
    this.#runtime = runtime;
  }

  /** Undefined for a matrix with a NaN or an infinity. */
  round(values: Float32Array, { rows, columns, layout }: MatrixShape): Int8Matrix | undefined {
    const isTransposed = layout === "out-in";
    const [outFeatures, inFeatures] = isTransposed ? [rows, columns] : [columns, rows];
    const codes = new Int8Array(values.length);
    const scales = new Float32Array(outFeatures);
    this.#runtime.run(
      this.#session(`round ${layout}`, () => roundingGraph(isTransposed)),
      [{ values, shape: [rows, columns] }],
      [
        { values: codes, shape: [outFeatures, inFeatures] },
        { values: scales, shape: [outFeatures, 1] },
      ],
    );
    if (scales.some((scale) => Number.isNaN(scale))) return undefined;
    return { kind: "int8", outFeatures, inFeatures, codes, scales };
  }

  /** [rows, columns] → [columns, rows] */
  transpose(codes: Int8Array, rows: number): Int8Array {
    const transposed = new Int8Array(codes.length);
    const columns = codes.length / rows;
    const session = this.#session("transpose", transposeGraph);
    const output = { values: transposed, shape: [columns, rows] };
    this.#runtime.run(session, [{ values: codes, shape: [rows, columns] }], [output]);
    return transposed;
  }

  dispose(): void {
    for (const session of this.#sessions.values()) this.#runtime.releaseSession(session);
    this.#sessions.clear();
  }

  /** Without an arena, which would keep the memory for a whole matrix. */
  #session(key: string, build: () => OnnxGraph): NativeSession {
    const existing = this.#sessions.get(key);
    if (existing !== undefined) return existing;
    const session = this.#runtime.createSession(build(), { skipsArena: true });
    this.#sessions.set(key, session);
    return session;
  }
}

function roundingGraph(isTransposed: boolean): OnnxGraph {
  const g = graphOf("values");
  // Transposed first: the library's reductions along columns take ten times as long as along rows.
  const values = isTransposed ? "values" : g.node("Transpose", ["values"], { perm: [1, 0] });
  const scales = g.divide(largestOfRows(g, values), g.constant(127));
  // A column of zeros is divided by the smallest normal number instead of 0.
  const divisor = g.node("Max", [scales, g.constant(2 ** -126)]);
  const codes = g.node("QuantizeLinear", [g.divide(values, divisor), "one", "zero"]);
  return {
    ...g.finish(codes, scales),
    outputTypes: { [codes]: "int8" },
    constants: [
      { name: "one", type: "float32", shape: [], values: Float32Array.of(1) },
      { name: "zero", type: "int8", shape: [], values: Int8Array.of(0) },
    ],
  };
}

function transposeGraph(): OnnxGraph {
  const g = new GraphWriter([{ name: "codes", type: "int8" }]);
  const transposed = g.node("Transpose", ["codes"], { perm: [1, 0] });
  return { ...g.finish(transposed), outputTypes: { [transposed]: "int8" } };
}

/**
 * The largest magnitude of each row. `trouble` [rows, 1] is 0, or NaN for a row whose result must be NaN; by default these
 * are rows with a NaN or an infinity.
 */
export function largestOfRows(g: GraphWriter, x: string, trouble?: string): string {
  const reduce = (op: string) => g.node(op, [x, g.integers([-1])], { keepdims: 1 });
  const largest = g.node("Max", [reduce("ReduceMax"), g.node("Neg", [reduce("ReduceMin")])]);
  // The library's maximum overlooks NaN, its sum does not; and 0 times an infinite sum is NaN, too.
  return g.add(largest, trouble ?? g.scale(reduce("ReduceSum"), 0));
}
