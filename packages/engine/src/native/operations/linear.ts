// A product that adds to what its output already holds: a bias, or the gradient that other layers have given. So neither
// costs a pass of its own.

import type * as tf from "@tensorflow/tfjs-core";
import { type KernelCall, registerOwnKernel, singleOperation } from "../kernels/native-kernel.ts";
import { multiply } from "../kernels/products.ts";

export function registerLinear(): void {
  registerOwnKernel("LowrankLinear", linear);
}

/**
 * x [..., inFeatures], matrix [inFeatures, outFeatures] or, transposed, the other way round → [..., outFeatures]. A term
 * [outFeatures] or of as many entries as the product is added; the latter then holds the product, if nobody else can see it.
 */
function linear({ backend, attributes, inputs }: KernelCall): tf.TensorInfo[] {
  const { x, matrix, term } = inputs;
  if (x === undefined || matrix === undefined) throw new Error("A product needs two factors.");
  const isTransposed = attributes.isTransposed === true;
  const inner = x.shape.at(-1) ?? 1;
  const columns = matrix.shape[isTransposed ? 0 : 1] ?? 0;
  const values = backend.floats(x);
  const rows = values.length / inner;
  const left = { values, shape: [rows, inner], isTransposed: false };
  const right = { values: backend.floats(matrix), shape: matrix.shape, isTransposed };
  const shape = [...x.shape.slice(0, -1), columns];
  if (term === undefined) return [backend.output(shape, multiply(backend, left, right, [rows, columns]))];
  const session = backend.session(`linear ${isTransposed}`, () =>
    singleOperation("Gemm", ["x", "matrix", "term"], { transB: isTransposed ? 1 : 0 }),
  );
  const isBias = term.shape.length === 1;
  const added = { values: backend.floats(term), shape: isBias ? term.shape : [rows, columns] };
  // A bias is read again in the next call, a sum never.
  const reused = isBias ? undefined : backend.reuse(term, rows * columns);
  const output = reused ?? backend.output(shape, backend.pool.take(rows * columns));
  backend.run(session, [left, right, added], [{ values: backend.floats(output), shape: [rows, columns] }]);
  return [{ ...output, shape }];
}
