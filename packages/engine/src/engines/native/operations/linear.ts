// A product and a sum in one call: the added term is a bias, or the gradient from other layers.

import type * as tf from "@tensorflow/tfjs-core";
import { graphOf } from "../kernels/graph.ts";
import type { KernelCall } from "../kernels/native-kernel.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";

/**
 * For 8 to 64 rows, as in batched generation, ONNX Runtime's copy of the right factor takes most of the time; it reads the left one
 * in place. With fewer rows it has faster methods, with more rows the copy pays off.
 */
const [minSwappedRows, maxSwappedRows] = [8, 64];

/** How a product is computed. */
interface Kind {
  readonly isTransposed: boolean;
  /** Whether the matrix is the left factor, (matrix·xᵀ)ᵀ, which takes down to half the time. */
  readonly isSwapped: boolean;
  readonly hasTerm: boolean;
}

/**
 * x [..., inFeatures], matrix [inFeatures, outFeatures] or, transposed, [outFeatures, inFeatures] → [..., outFeatures].
 * `term` is added: [outFeatures], or the product's size; the latter's memory then holds the product, if it is not shared.
 */
export function linear({ backend, attributes, inputs }: KernelCall): tf.TensorInfo[] {
  const { x, matrix, term } = inputs;
  if (x === undefined || matrix === undefined) throw new Error("A product needs two factors.");
  const isTransposed = attributes.isTransposed === true;
  const inner = x.shape.at(-1) ?? 1;
  const columns = matrix.shape[isTransposed ? 0 : 1] ?? 0;
  const values = backend.floats(x);
  const rows = values.length / inner;
  const isSwapped = isTransposed && rows >= minSwappedRows && rows <= maxSwappedRows;
  const kind = { isTransposed, isSwapped, hasTerm: term !== undefined };
  const session = backend.session(`linear ${Object.values(kind).join(" ")}`, () => linearGraph(kind));
  const factors = [
    { values, shape: [rows, inner] },
    { values: backend.floats(matrix), shape: matrix.shape },
  ];
  const shape = [...x.shape.slice(0, -1), columns];
  const isSum = term !== undefined && term.shape.length > 1;
  const added = term && [{ values: backend.floats(term), shape: isSum ? [rows, columns] : term.shape }];
  // A bias is read again in the next call, a sum never.
  const reused = isSum ? backend.reuse(term, rows * columns) : undefined;
  const output = reused ?? backend.output(shape, backend.pool.take(rows * columns));
  const product = { values: backend.floats(output), shape: [rows, columns] };
  backend.run(session, [...factors, ...(added ?? [])], [product]);
  return [{ ...output, shape }];
}

/**
 * Not Gemm, which adds too: that carries the term into its result first, by one thread and through memory, and then adds the
 * product to it, which takes 5 to 8 % longer than a product and a sum.
 */
function linearGraph({ isTransposed, isSwapped, hasTerm }: Kind): OnnxGraph {
  const g = graphOf("x", "matrix", ...(hasTerm ? ["term"] : []));
  const product = isSwapped
    ? g.node("Transpose", [g.product("matrix", "x", { transB: true })], { perm: [1, 0] })
    : g.product("x", "matrix", { transB: isTransposed });
  return g.finish(hasTerm ? g.add(product, "term") : product);
}
