// A product in 8 bits: each row of the left factor is divided by its largest magnitude and rounded to 255 steps, integers
// are multiplied, and the result is scaled back. Three graphs run on pieces of rows that stay in the cache between them;
// only the middle one contains the weight.

import type * as tf from "@tensorflow/tfjs-core";
import { graphOf } from "../kernels/graph.ts";
import { inputOf, type KernelCall } from "../kernels/native-kernel.ts";
import type { NativeBackend } from "../native-backend.ts";
import type { NativeTensor } from "../runtime/native-tensor.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import type { NativeSession } from "../runtime/onnx-runtime.ts";
import { roundingGraph } from "./int8-rows.ts";
import type { Int8Product } from "./native-int8-weights.ts";

/** Entries of a piece's wider side: 128 rows of 3072 were fastest on a processor with 1 MB of second-level cache a core. */
const pieceEntries = 128 * 3072;

/**
 * x [..., inner] times the weight of a number, or its transpose → [..., columns]. A term [columns] or of the product's shape is
 * added. In the latter case the product may overwrite the term, if nothing else uses it.
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
  const finish = backend.session(`int8 scaled ${term !== undefined}`, () => scalingGraph(term !== undefined));
  inPieces(backend, rows, [product], ({ part, sums }) => {
    const rounded = { codes: part(rounding.codes, inner), factors: part(rounding.factors, 1) };
    rounding.round?.(part(values, inner), rounded);
    multiply(backend, product, rounded.codes, sums(0, columns));
    const sum = added === undefined ? [] : [isSum ? part(added, columns) : wholeOf(added)];
    backend.run(finish, [sums(0, columns), rounded.factors, ...sum], [part(result, columns)]);
  });
  rounding.keep();
  return [{ ...output, shape }];
}

/** Some rows in 8 bits. */
interface Rounded {
  readonly codes: NativeTensor;
  readonly factors: NativeTensor;
}

/**
 * The rows of x in 8 bits, rounded piece by piece. Queries, keys and values are products of one x, and so are a gate and the
 * projection next to it: the first product rounds x for all of them, unless its values can change in between.
 */
function roundingOf(backend: NativeBackend, x: tf.TensorInfo, { inner, innerScales }: Int8Product) {
  const { recentRows } = backend.int8Weights;
  const values = backend.floats(x);
  const rows = values.length / inner;
  const owner = innerScales === undefined && backend.pool.holds(values) ? x.dataId : undefined;
  const recent = owner && recentRows.of(owner, rows, inner);
  if (recent !== undefined) return { ...recent, round: undefined, keep: () => {} };
  const scaled = innerScales === undefined ? [] : [wholeOf(innerScales)];
  const session = roundingSession(backend, innerScales !== undefined);
  return {
    ...recentRows.room(rows, inner),
    round: (piece: NativeTensor, { codes, factors }: Rounded) =>
      backend.run(session, [piece, ...scaled], [codes, factors]),
    keep: () => owner && recentRows.keep(owner, inner),
  };
}

/** Rows that are computed together: their parts of tensors, and memory for intermediate values. */
interface Piece {
  part(all: Float32Array | Uint8Array, width: number): NativeTensor;
  /** Memory for the rows that a product takes: codes, which the other product's rows overwrite, and factors. */
  room(product: 0 | 1, width: number): { readonly codes: NativeTensor; readonly factors: NativeTensor };
  sums(product: 0 | 1, width: number): NativeTensor;
}

export function inPieces(
  backend: NativeBackend,
  rows: number,
  products: readonly Int8Product[],
  compute: (piece: Piece) => void,
): void {
  const widest = Math.max(...products.flatMap(({ inner, columns }) => [inner, columns]));
  const step = Math.max(1, Math.min(rows, Math.floor(pieceEntries / widest)));
  const memory = products.map(({ columns }) => ({
    sums: backend.pool.take(step * columns),
    factors: new Float32Array(step),
  }));
  for (let first = 0; first < rows; first += step) {
    const count = Math.min(step, rows - first);
    // There is memory for both products.
    const firstRows = (all: Float32Array | undefined, width: number) => {
      return { values: (all as Float32Array).subarray(0, count * width), shape: [count, width] };
    };
    compute({
      part: (all, width) => ({
        values: all.subarray(first * width, (first + count) * width),
        shape: [count, width],
      }),
      room: (product, width) => {
        const { codes } = backend.int8Weights.recentRows.room(count, width);
        return {
          codes: { values: codes, shape: [count, width] },
          factors: firstRows(memory[product]?.factors, 1),
        };
      },
      sums: (product, width) => firstRows(memory[product]?.sums, width),
    });
  }
  for (const { sums } of memory) backend.pool.give(sums);
}

export function roundingSession(backend: NativeBackend, hasInnerScales: boolean): NativeSession {
  return backend.session(`int8 rows ${hasInnerScales}`, () => roundingGraph(hasInnerScales));
}

export function multiply(
  backend: NativeBackend,
  { session, columnScales }: Int8Product,
  codes: NativeTensor,
  sums: NativeTensor,
): void {
  backend.run(session, [codes, wholeOf(columnScales)], [sums]);
}

export function wholeOf(values: Float32Array): NativeTensor {
  return { values, shape: [values.length] };
}

export function scalingGraph(hasTerm: boolean): OnnxGraph {
  const g = graphOf("sums", "factors", ...(hasTerm ? ["term"] : []));
  const product = g.multiply("sums", "factors");
  return g.finish(hasTerm ? g.add(product, "term") : product);
}
