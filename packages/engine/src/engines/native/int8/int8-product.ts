// A product in 8 bits: each row of the left factor is divided by its largest magnitude and rounded to 255 steps, whole
// numbers are multiplied, and what comes out is scaled back. Three graphs, of which only the one in the middle knows the
// weight, run on pieces of rows that stay in the cache between them.

import type * as tf from "@tensorflow/tfjs-core";
import { graphOf } from "../kernels/graph.ts";
import { inputOf, type KernelCall } from "../kernels/native-kernel.ts";
import type { NativeBackend } from "../native-backend.ts";
import type { NativeTensor } from "../runtime/native-tensor.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import { roundingGraph } from "./int8-rows.ts";
import type { Int8Product } from "./native-int8-weights.ts";

/** Entries of a piece's wider side: 128 rows of 3072 were fastest on a processor with 1 MB of second-level cache a core. */
export const pieceEntries = 128 * 3072;

/**
 * x [..., inner] times the weight of a number, or its transpose → [..., columns]. A term [columns] or of as many entries as the
 * product is added; the latter then holds the product, if nobody else can see it.
 *
 * A row with a NaN or an infinity becomes NaN; a row of zeros stays zeros.
 */
export function int8Product(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const x = inputOf(call, "x");
  const { term } = call.inputs;
  const product = backend.int8Weights.product(Number(attributes.weight), attributes.isTransposed === true);
  const { inner, columns } = product;
  const values = backend.floats(x);
  const rows = values.length / inner;
  const shape = [...x.shape.slice(0, -1), columns];
  const rounding = roundingOf(backend, x, product);
  const isSum = term !== undefined && term.shape.length > 1;
  const reused = isSum ? backend.reuse(term, rows * columns) : undefined;
  const output = reused ?? backend.output(shape, backend.pool.take(rows * columns));
  const result = backend.floats(output);
  const added = term && backend.floats(term);
  const step = Math.max(1, Math.min(rows, Math.floor(pieceEntries / Math.max(inner, columns))));
  const multiply = pieceMultiplier(backend, product);
  const sums = backend.pool.take(step * columns);
  for (let start = 0; start < rows; start += step) {
    const end = Math.min(start + step, rows);
    const part = <V extends Float32Array | Uint8Array>(of: V, width: number) => {
      return { values: of.subarray(start * width, end * width), shape: [end - start, width] };
    };
    const rounded = { codes: part(rounding.codes, inner), factors: part(rounding.factors, 1) };
    rounding.round?.(part(values, inner), rounded);
    const sum = added && (isSum ? part(added, columns) : { values: added, shape: [columns] });
    const integers = { values: sums.subarray(0, (end - start) * columns), shape: [end - start, columns] };
    multiply(rounded, { integers, result: part(result, columns), term: sum });
  }
  backend.pool.give(sums);
  rounding.keep();
  return [{ ...output, shape }];
}

/** Some rows in 8 bits. */
interface Rounded {
  readonly codes: NativeTensor;
  readonly factors: NativeTensor;
}

/**
 * The rows of x in 8 bits, and how they come to be that, piece by piece. Queries, keys and values are products of one x, as are
 * a gate and what it lets through: the first of them rounds it for all, if nobody can change its values.
 */
function roundingOf(backend: NativeBackend, x: tf.TensorInfo, { inner, innerScales }: Int8Product) {
  const { recentRows } = backend.int8Weights;
  const values = backend.floats(x);
  const rows = values.length / inner;
  const owner = innerScales === undefined && backend.pool.holds(values) ? x.dataId : undefined;
  const known = owner && recentRows.of(owner, rows, inner);
  if (known !== undefined) return { ...known, round: undefined, keep: () => {} };
  const scaled = innerScales === undefined ? [] : [{ values: innerScales, shape: [inner] }];
  const key = `int8 rows ${innerScales !== undefined}`;
  const session = backend.session(key, () => roundingGraph(innerScales !== undefined));
  return {
    ...recentRows.room(rows, inner),
    round: (piece: NativeTensor, { codes, factors }: Rounded) =>
      backend.run(session, [piece, ...scaled], [codes, factors]),
    keep: () => owner && recentRows.keep(owner, inner),
  };
}

/** What one piece is computed with, again and again. */
function pieceMultiplier(backend: NativeBackend, { session, columnScales }: Int8Product) {
  const scales = { values: columnScales, shape: [columnScales.length] };
  return (
    { codes, factors }: Rounded,
    { integers, result, term }: { integers: NativeTensor; result: NativeTensor; term: NativeTensor | undefined },
  ): void => {
    backend.run(session, [codes, scales], [integers]);
    const finish = backend.session(`int8 scaled ${term !== undefined}`, () => scalingGraph(term !== undefined));
    backend.run(finish, [integers, factors, ...(term === undefined ? [] : [term])], [result]);
  };
}

export function scalingGraph(hasTerm: boolean): OnnxGraph {
  const g = graphOf("sums", "factors", ...(hasTerm ? ["term"] : []));
  const product = g.multiply("sums", "factors");
  return g.finish(hasTerm ? g.add(product, "term") : product);
}
