// Whether this processor should multiply in 8 bits. It is measured, because the instructions for it (VNNI, dot products, AMX) have
// many names. Without them, x86 adds pairs of products in 16 bits, which saturate.

import { graphOf } from "../kernels/graph.ts";
import type { NativeTensor } from "../runtime/native-tensor.ts";
import type { NativeSession, OnnxRuntime } from "../runtime/onnx-runtime.ts";
import { productSession } from "./product-session.ts";

/** A product of a size that layers have, small enough to take a few milliseconds. */
const [rows, inner, columns] = [128, 512, 512] as const;
const rounds = 8;
/** Beyond doubt: on a busy machine two measurements of equal things differ by some. */
const slower = 1.2;

/** The reason against 8 bits, or undefined. */
export function reasonAgainst8Bits(runtime: OnnxRuntime): string | undefined {
  const largest = new Int8Array(inner * columns).fill(127);
  const narrow = productSession(runtime, largest, { inner });
  const wide = floatSession(runtime);
  try {
    const codes = { values: new Uint8Array(rows * inner).fill(255), shape: [rows, inner] }; // 127 above the zero point
    const product = { values: new Float32Array(rows * columns), shape: [rows, columns] };
    const ones = { values: new Float32Array(columns).fill(1), shape: [columns] };
    runtime.run(narrow, [codes, ones], [product]);
    if (product.values.some((value) => value !== 127 * 127 * inner))
      return "8-bit matrix products are not exact on this processor: it lacks instructions such as VNNI";
    const factors: NativeTensor[] = [
      { values: new Float32Array(rows * inner), shape: [rows, inner] },
      { values: new Float32Array(columns * inner), shape: [columns, inner] },
    ];
    const [narrowTime, wideTime] = fastestOfEach(
      () => runtime.run(narrow, [codes, ones], [product]),
      () => runtime.run(wide, factors, [product]),
    );
    if (narrowTime > slower * wideTime)
      return `8-bit matrix products take ${(narrowTime / wideTime).toFixed(1)} times as long as float32 on this processor`;
    return undefined;
  } finally {
    runtime.releaseSession(narrow);
    runtime.releaseSession(wide);
  }
}

function floatSession(runtime: OnnxRuntime): NativeSession {
  const g = graphOf("x", "matrix");
  return runtime.createSession(g.finish(g.product("x", "matrix", { transB: true })));
}

/** The fastest run of each, in milliseconds. They run alternately, so that other work on the machine slows both. */
function fastestOfEach(one: () => void, other: () => void): readonly [number, number] {
  const min: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < rounds; round++) {
    min[0] = Math.min(min[0], timeOf(one));
    min[1] = Math.min(min[1], timeOf(other));
  }
  return min;
}

function timeOf(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}
