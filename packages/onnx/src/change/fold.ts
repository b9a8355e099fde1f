// Low-rank updates in the numbers of a file.

import { type AdapterTensor, turned } from "@lowrank/adapter-format";
import type { PairChange } from "../adapter/adapter-changes.ts";
import type { OnnxWeight } from "../sites/onnx-site.ts";

type Layout = OnnxWeight["layout"];

/**
 * Adds scale·(B·A) to a weight, in place: a convolution's kernel counts to its inputs. A magnitude (Liu et al. 2024) then gives
 * each output its own length: m·(W + s·B·A)/‖W + s·B·A‖.
 */
export function foldPair(weight: Float32Array, layout: Layout, { a, b, scale, magnitude }: PairChange): void {
  const rank = a.shape[0] ?? 0;
  const [inputs, outputs] = [a.values.length / rank, b.values.length / rank];
  // [rows, rank]·[rank, columns], as the weight lies
  const [left, right] = layout === "out-in" ? [b.values, a.values] : [turn(a.values, rank), turn(b.values, outputs)];
  const columns = layout === "out-in" ? inputs : outputs;
  for (let row = 0; row < weight.length / columns; row++) {
    const target = weight.subarray(row * columns, (row + 1) * columns);
    for (let index = 0; index < rank; index++) {
      const factor = scale * left[row * rank + index]!;
      if (factor === 0) continue;
      const source = index * columns;
      for (let column = 0; column < columns; column++) target[column]! += factor * right[source + column]!;
    }
  }
  if (magnitude !== undefined) giveLengths(weight, layout, magnitude);
}

/** [rows, columns] → [columns, rows]; a convolution's axes of the kernel count to its columns. */
function turn(values: Float32Array, rows: number): Float32Array {
  return turned({ shape: [rows, values.length / rows], values }).values;
}

function giveLengths(weight: Float32Array, layout: Layout, lengths: Float32Array): void {
  const outputs = lengths.length;
  const outputOf =
    layout === "out-in" ? (at: number) => Math.floor((at * outputs) / weight.length) : (at: number) => at % outputs;
  const squares = new Float64Array(outputs);
  for (let at = 0; at < weight.length; at++) squares[outputOf(at)]! += weight[at]! ** 2;
  const factors = squares.map((square, output) => lengths[output]! / Math.sqrt(square));
  for (let at = 0; at < weight.length; at++) weight[at]! *= factors[outputOf(at)]!;
}

/** A pair as a branch beside a node multiplies: [inFeatures, rank] and, scaled, [rank, outFeatures]. */
export function branchFactors({ a, b, scale }: Pick<PairChange, "a" | "b" | "scale">): {
  readonly a: AdapterTensor;
  readonly b: AdapterTensor;
} {
  const [rank = 0, inputs = 0] = a.shape;
  const outputs = b.shape[0] ?? 0;
  return {
    a: { shape: [inputs, rank], values: turn(a.values, rank) },
    b: { shape: [rank, outputs], values: turn(b.values, outputs).map((value) => value * scale) },
  };
}
