// A product in 8 bits: each row of the left factor is divided by its largest magnitude and rounded to 255 steps, whole
// numbers are multiplied, and what comes out is scaled back. Three graphs, of which only the one in the middle knows the
// weight, run on pieces of rows that stay in the cache between them.

import type * as tf from "@tensorflow/tfjs-core";
import { graphOf } from "../kernels/graph.ts";
import { inputOf, type KernelCall, registerOwnKernel } from "../kernels/native-kernel.ts";
import type { NativeBackend } from "../native-backend.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import type { NativeTensor } from "../runtime/onnx-runtime.ts";
import { roundingGraph } from "./int8-rows.ts";
import type { Int8Product } from "./native-int8-weights.ts";

export function registerInt8Product(): void {
  registerOwnKernel("LowrankInt8Product", int8Product);
}

/** Entries of a piece's wider side: 128 rows of 3072 were fastest on a processor with 1 MB of second-level cache a core. */
const pieceEntries = 128 * 3072;

/**
 * x [..., inner] times the weight of a number, or its transpose → [..., columns]. A term [columns] or of as many entries as the
 * product is added; the latter then holds the product, if nobody else can see it.
 *
 * A row with a NaN or an infinity becomes NaN; a row of zeros stays zeros.
 */
function int8Product(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const x = inputOf(call, "x");
  const { term } = call.inputs;
  const product = backend.int8Weights.product(Number(attributes.weight), attributes.isTransposed === true);
  const { inner, columns } = product;
  const values = backend.floats(x);
  const rows = values.length / inner;
  const shape = [...x.shape.slice(0, -1), columns];
  const isSum = term !== undefined && term.shape.length > 1;
  const reused = isSum ? backend.reuse(term, rows * columns) : undefined;
  const output = reused ?? backend.output(shape, backend.pool.take(rows * columns));
  const result = backend.floats(output);
  const added = term && backend.floats(term);
  const step = Math.max(1, Math.min(rows, Math.floor(pieceEntries / Math.max(inner, columns))));
  const piece = makePiece(backend, product, step);
  for (let start = 0; start < rows; start += step) {
    const end = Math.min(start + step, rows);
    const part = (of: Float32Array, width: number): NativeTensor => {
      return { values: of.subarray(start * width, end * width), shape: [end - start, width] };
    };
    const sum = added && (isSum ? part(added, columns) : { values: added, shape: [columns] });
    piece.multiply(part(values, inner), part(result, columns), sum);
  }
  piece.free();
  return [{ ...output, shape }];
}

/** What one piece is computed with, again and again. */
function makePiece(backend: NativeBackend, product: Int8Product, step: number) {
  const { session, inner, columns, columnScales, innerScales } = product;
  const round = backend.session(`int8 rows ${innerScales !== undefined}`, () =>
    roundingGraph(innerScales !== undefined),
  );
  const codes = backend.int8Weights.codes(step * inner);
  const rowScales = backend.pool.take(step);
  const sums = backend.pool.take(step * columns);
  const scales = { values: columnScales, shape: [columnScales.length] };
  const scaled = innerScales === undefined ? [] : [{ values: innerScales, shape: [inner] }];
  return {
    multiply(x: NativeTensor, result: NativeTensor, term: NativeTensor | undefined): void {
      const [rows = 0] = x.shape;
      const rounded = { values: codes.subarray(0, rows * inner), shape: [rows, inner] };
      const factors = { values: rowScales.subarray(0, rows), shape: [rows, 1] };
      const integers = { values: sums.subarray(0, rows * columns), shape: [rows, columns] };
      backend.run(round, [x, ...scaled], [rounded, factors]);
      backend.run(session, [rounded, scales], [integers]);
      const finish = backend.session(`int8 scaled ${term !== undefined}`, () => scalingGraph(term !== undefined));
      backend.run(finish, [integers, factors, ...(term === undefined ? [] : [term])], [result]);
    },
    free(): void {
      backend.pool.give(rowScales);
      backend.pool.give(sums);
    },
  };
}

function scalingGraph(hasTerm: boolean): OnnxGraph {
  const g = graphOf("sums", "factors", ...(hasTerm ? ["term"] : []));
  const product = g.multiply("sums", "factors");
  return g.finish(hasTerm ? g.add(product, "term") : product);
}
