// What rows in 8 bits are divided by, of weights and of what they multiply.

import type { GraphWriter } from "../kernels/graph.ts";

/** Of each row the largest magnitude; NaN where a row has a NaN or an infinity. */
export function largestOfRows(g: GraphWriter, x: string): string {
  const reduce = (op: string) => g.node(op, [x, g.integers([-1])], { keepdims: 1 });
  const largest = g.node("Max", [reduce("ReduceMax"), g.node("Neg", [reduce("ReduceMin")])]);
  // The library's maximum overlooks NaN, its sum does not; and 0 times an infinite sum is NaN, too.
  return g.add(largest, g.scale(reduce("ReduceSum"), 0));
}
